"""Linked views are linked in a notebook and on a page too."""

import json
import re

import numpy as np
import pytest

import regard
from regard.serve import html


@pytest.fixture
def views():
    record = regard.from_weights(np.full((3, 4, 6, 6), 1 / 6, np.float32), tokens=list("abcdef"))
    return regard.head_view(record), regard.map_view(record), regard.text_view(record)


def test_live_widgets_follow_each_other(views):
    pytest.importorskip("anywidget")
    lines, chart, _ = views
    linked = regard.link(lines, chart)
    one, other = lines.widget(), chart.widget()
    one.selection = {**one.selection, "layer": 2, "heads": [1, 3], "query": 4}
    assert (other.selection["layer"], other.selection["heads"], other.selection["query"]) == (2, [1, 3], 4)
    linked.unlink()
    other.selection = {**other.selection, "layer": 0}
    assert one.selection["layer"] == 2
    one.close()
    other.close()


def test_a_page_says_who_follows_whom(views):
    lines, chart, text = views
    regard.link(lines, text)
    spec = re.search(r'id="regard-spec">(.*?)</script>', html.page([lines, chart, text]))
    assert spec
    assert [entry["linked"] for entry in json.loads(spec[1])] == [0, 1, 0]
