"""What is generated and committed is what the contracts say today."""

import filecmp

from services.codegen import generate


def differences(comparison):
    """Every file that is on one side only or differs, through all folders."""
    found = [*comparison.left_only, *comparison.right_only, *comparison.diff_files]
    for folder in comparison.subdirs.values():
        found += differences(folder)
    return [name for name in found if name != "__pycache__"]


def test_gen_is_what_make_generate_would_write(tmp_path, project_root):
    generate(tmp_path)
    assert differences(filecmp.dircmp(project_root / "gen", tmp_path)) == []
