"""The figure of the frameworks: bars add up, a missing framework has none, nothing by colour alone."""

import numpy as np
import pandas as pd
import pytest

from mnist_helpers.extensions.framework_comparison import plots


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "import_seconds": [1.0, 2.0, np.nan],
            "compile_seconds": [0.0, 3.0, np.nan],
            "running_seconds": [5.0, 4.0, np.nan],
            "fastest": [4.5, 6.5, np.nan],
            "slowest": [5.5, 9.0, np.nan],
            "peak_mb": [500.0, 1000.0, np.nan],
            "accuracy": [0.975, 0.98, np.nan],
            "spread": [0.001, np.nan, np.nan],
            "missing": [None, None, "three"],
        },
        index=["one", "two", "three"],
    )


def test_bars_stack_up_to_the_seconds_that_stand_beside_them(table):
    axes = plots.plot_frameworks(table)
    bars = axes[0].patches
    assert [bar.get_width() for bar in bars] == [1, 2, 0, 3, 5, 4]
    assert [bar.get_x() for bar in bars] == [0, 0, 1, 2, 1, 5]
    assert [text.get_text() for text in axes[0].texts] == ["6.0 s", "9.0 s", " not installed"]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["one", "two", "three"]
    assert axes[0].texts[2].get_position()[1] == 2
    lines = [path.vertices[:, 0].tolist() for path in axes[0].collections[0].get_paths()]
    assert lines == [[5.5, 6.5], [8.5, 11]]
    assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in bars}) == 3
    assert [bar.get_hatch() for bar in bars[2:4]] == ["///", "///"]


def test_memory_and_accuracy_stand_beside_them_in_the_same_rows(table):
    axes = plots.plot_frameworks(table)
    assert [bar.get_width() for bar in axes[1].patches] == [0.5, 1.0]
    assert axes[2].lines[0].get_xdata().tolist() == [0.975, 0.98]
    assert axes[2].lines[0].get_ydata().tolist() == [0, 1]
    assert all(ax.get_xlabel() for ax in axes)
    assert axes[0].get_ylim() == axes[2].get_ylim() == (2.5, -0.5)
