"""A page speaks the reader's language, or the one that its maker chose."""

from collections.abc import Callable

from browser.watched import Picture, Watched

Show = Callable[..., Watched]


def test_a_chinese_browser_gets_chinese(show: Show) -> None:
    page = show("head", locale="zh-CN").page
    assert page.locator(".regard[lang=zh]").count() == 1
    figure = Picture(page).figure
    assert figure.get_by_label("层", exact=True).count() == 1
    assert "第 1 层，6 个头中的 2 个；8 个查询 × 8 个键。" in figure.locator("figcaption").inner_text()


def test_any_other_browser_gets_english(show: Show) -> None:
    page = show("head", locale="fr-FR").page
    assert page.locator(".regard[lang=en]").count() == 1
    assert "Layer 1, 2 of 6 heads" in Picture(page).figure.locator("figcaption").inner_text()


def test_the_maker_of_a_page_can_choose(show: Show) -> None:
    assert show("chinese", locale="en-US").page.locator(".regard[lang=zh]").count() == 1
