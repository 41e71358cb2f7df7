"""A mail server on the loopback: it takes what it is sent, and keeps it."""

import socketserver
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy

ANSWERS = {b"EHLO": b"250 here", b"MAIL": b"250 ok", b"RCPT": b"250 ok", b"QUIT": b"221 bye"}


class _Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                self._take()
            self.wfile.write(ANSWERS.get(word, b"250 ok") + b"\r\n")
            if word == b"QUIT":
                return

    def _take(self):
        lines = iter(self.rfile.readline, b".\r\n")
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        self.server.mails.append(mail)


@contextmanager
def mail_server():
    """Yield its address and the list of mails that it took."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk)
    server.mails = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{server.server_address[1]}", server.mails
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
