"""CSV that a spreadsheet reads as it was meant."""

import csv
import io

import pytest

from services.common.csv_rows import csv_lines


def read(data):
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_texts_of_every_kind_come_back_as_they_were():
    row = ["제1 공장", 'a "quoted", one', "two\r\nlines", "", "a=b", "1-2"]
    assert read(csv_lines([row])) == [row]


def test_lines_end_as_rfc_4180_says_and_what_is_unset_is_empty():
    assert csv_lines([["a", None, 1, -0.5, True], ["b", 2, None, 1e-7, False]]) == (
        b"a,,1,-0.5,True\r\nb,2,,1e-07,False\r\n"
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a"])
def test_a_text_that_a_spreadsheet_would_run_is_only_text(text):
    assert read(csv_lines([[text]])) == [[f"'{text}"]]
