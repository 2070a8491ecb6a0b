"""What ``init`` writes."""

import tomllib

import pytest

from mfa_audit.errors import PolicyError
from mfa_audit.policy import load_policy, preset_names
from mfa_audit.policy.starter import starter_files
from mfa_audit.settings import load_settings
from mfa_audit.tables import REGISTERS


def written(folder, preset):
    for name, text in starter_files(preset).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("preset", preset_names())
class TestStarter:
    def test_policy_is_the_preset(self, preset, tmp_path):
        """Untouched, the policy is exactly the preset, and its registers are found."""
        policy = load_policy(written(tmp_path, preset) / "policy.toml")

        assert load_policy(preset=preset).sha256 == policy.sha256
        assert {"exemptions", "service_accounts", "generic_accounts", "privileged_accounts", "organisations",
                "pauses"} == set(policy.register_paths())

    def test_every_suggestion_is_valid(self, preset, tmp_path):
        """With every # taken away the policy still loads, and says something else than the preset."""
        text = starter_files(preset)["policy.toml"]
        _, _, rest = text.partition("schema_version")
        path = tmp_path / "policy.toml"
        path.write_text("schema_version" + rest.replace("\n# ", "\n"), encoding="utf-8")
        policy = load_policy(path)

        assert 1 == len(policy.deadlines.phases)
        assert 2 == len(policy.population.break_glass)
        assert policy.about.effective_from is not None

    def test_settings_point_at_the_policy(self, preset, tmp_path):
        """The settings beside it find the policy from anywhere."""
        written(tmp_path, preset)

        assert tmp_path / "policy.toml" == load_settings(tmp_path / "mfa-audit.toml", {}, {}).policy

    def test_registers_are_header_rows(self, preset):
        """Each register is its columns and nothing else."""
        files = starter_files(preset)

        for name in ("exemptions", "pauses"):
            assert ",".join(REGISTERS[name].names) + "\n" == files[f"{name}.csv"]


def test_general_words():
    """Without a preset nothing speaks of one organisation."""
    text = "".join(starter_files().values()).casefold()

    assert "preset = \"general\"" in text
    for word in ("nhs", "trust", "ods", "siro"):
        assert word not in text.replace("mfa_trusted_ips", "").replace('"mfa trusted ips"', "").replace("methods", "")


def test_unknown_preset():
    """A preset that is none is named with the nearest."""
    with pytest.raises(PolicyError, match='the nearest is "nhs"'):
        starter_files("nh")


def test_settings_suggestions_are_valid(tmp_path):
    """With every # taken away the settings still load."""
    _, _, rest = starter_files()["mfa-audit.toml"].partition("\n")
    path = tmp_path / "mfa-audit.toml"
    path.write_text(f"\n{rest}".replace("\n# ", "\n"), encoding="utf-8")

    suggested = {"policy", "tenant", "sources", "output", "data", "collect", "date_order"}
    assert suggested == set(tomllib.loads(path.read_text()))
    assert "dmy" == load_settings(path, {}, {}).date_order
