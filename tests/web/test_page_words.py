"""The words of a page are looked up once, in the language of whoever asks."""

from ltc.web import page_words


def test_a_page_looks_its_words_up_once_in_its_own_language(client, area, monkeypatch):
    looked_up = []

    def look_up():
        looked_up.append(1)
        return get_translations()

    get_translations = page_words.get_translations
    monkeypatch.setattr(page_words, "get_translations", look_up)
    for language, words in (("en", "Sign-in name"), ("zh-CN", "登录名"), ("en", "Sign-in name")):
        looked_up.clear()
        assert words in client.get("/sign-in", headers={"Accept-Language": language}).text
        assert looked_up == [1]
