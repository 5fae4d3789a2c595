"""Tables that are remembered: nothing is lost on the way to the file."""

import pandas as pd
import pytest

from mnist_helpers.experiments import ResultsFile

TABLE = pd.DataFrame({"epoch": [1, 2], "loss": [0.1234567, 1e-9]})
COUNTS = pd.DataFrame({"multiply_adds": [2636672, float("nan")], "loss": [float("inf"), 0.5]})


def test_a_table_comes_back_from_the_file(tmp_path):
    path = tmp_path / "new folder" / "results.csv"
    ResultsFile(path).add("one", TABLE)
    again = ResultsFile(None, sources=(path, tmp_path / "missing.csv"))
    assert "one" in again
    assert "two" not in again
    pd.testing.assert_frame_equal(again.get("one"), TABLE, rtol=1e-5)
    assert [file.name for file in path.parent.iterdir()] == ["results.csv"]


def test_a_large_count_comes_back_to_the_last_digit(tmp_path):
    path = tmp_path / "results.csv"
    ResultsFile(path).add("one", COUNTS)
    pd.testing.assert_frame_equal(ResultsFile(None, sources=(path,)).get("one"), COUNTS, rtol=0)


def test_tables_with_other_columns_live_side_by_side(tmp_path):
    path = tmp_path / "results.csv"
    file = ResultsFile(path)
    file.add("one", TABLE)
    file.add("two", pd.DataFrame({"accuracy": [0.5]}))
    for known in (file, ResultsFile(None, sources=(path,))):
        assert list(known.get("one")) == ["epoch", "loss"]
        assert list(known.get("two")) == ["accuracy"]


def test_a_table_that_two_files_hold_is_known_once_as_in_the_first(tmp_path):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    ResultsFile(first).add("one", TABLE)
    ResultsFile(second).add("one", 2 * TABLE)
    ResultsFile(second, sources=(second,)).add("two", TABLE)
    both = ResultsFile(None, sources=(first, second))
    pd.testing.assert_frame_equal(both.get("one"), TABLE, rtol=1e-5)
    assert "two" in both


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"epoch,loss\n1,2\n", b'key,a\n"1,2\n3,4,5\n'])
def test_a_damaged_memory_is_left_out_and_written_anew(tmp_path, capsys, content):
    path = tmp_path / "results.csv"
    path.write_bytes(content)
    file = ResultsFile(path, sources=(path,))
    assert "one" not in file
    assert capsys.readouterr().out.startswith(f"results.csv in {tmp_path} is left out: ")
    file.add("one", TABLE)
    assert "one" in ResultsFile(None, sources=(path,))


def test_results_that_cannot_be_kept_are_still_there(tmp_path, capsys):
    (tmp_path / "file").touch()
    file = ResultsFile(tmp_path / "file" / "results.csv")
    file.add("one", TABLE)
    assert "could not be kept" in capsys.readouterr().out
    pd.testing.assert_frame_equal(file.get("one"), TABLE)


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ResultsFile(None).add("one", TABLE)
    assert list(tmp_path.iterdir()) == []
