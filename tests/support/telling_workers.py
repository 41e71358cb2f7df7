"""``flask …`` whose web workers tell with each answer what runs inside of them, a file for each.

``LTC_TEST_TOLD`` names the folder of the files; each is named after its process.
"""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

from flask.cli import main

from ltc.commands import serve

TOLD = Path(os.environ["LTC_TEST_TOLD"])
build_options = serve.build_options


def tell(_worker: object, _request: object, _environ: object, _answer: object) -> None:
    told = {
        "threads": [thread.name for thread in threading.enumerate()],
        "alarm": signal.getitimer(signal.ITIMER_REAL),
    }
    half = TOLD / f"{os.getpid()}.{threading.get_ident()}.half"
    half.write_text(json.dumps(told))
    half.rename(TOLD / str(os.getpid()))


def build_telling(*given: Any) -> dict[str, Any]:
    return {**build_options(*given), "post_request": tell}


if __name__ == "__main__":
    serve.build_options = build_telling
    main()
