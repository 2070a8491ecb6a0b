"""Policy files: presets, merging, the effective text, registers."""

import datetime as dt
import tomllib
from pathlib import Path

import pytest

from mfa_audit.errors import PolicyError
from mfa_audit.methods import Level
from mfa_audit.policy import load_policy, preset_names

FILES = Path(__file__).parent / "files"
PRESETS = Path(__file__).parents[2] / "mfa_audit" / "policy" / "presets"


def written(folder: Path, text: str, name: str = "policy.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def paths_of(document: object, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if isinstance(document, dict) and document:
        return set().union(*(paths_of(value, (*path, key)) for key, value in document.items()))
    if isinstance(document, list) and document and isinstance(document[0], dict):
        return set().union(*(paths_of(item, path) for item in document))
    return {path}


class TestPresets:
    def test_general_defaults_are_the_published_ones(self):
        """The shipped general preset says what the reference says, key by key, and adds only three ladders."""
        shipped = tomllib.loads((PRESETS / "general.toml").read_text(encoding="utf-8"))
        reference = tomllib.loads((FILES / "reference.toml").read_text(encoding="utf-8"))
        added = {name: shipped["reminders"].pop(name)
                 for name in ("weak_stages", "privileged_stages", "exemption_stages")}

        assert reference == shipped
        assert [-60, -30, -14, -2] == [stage["day"] for stage in added["weak_stages"]]
        assert [0, 1, 3] == [stage["day"] for stage in added["privileged_stages"]]
        assert [-30, -7, 1] == [stage["day"] for stage in added["exemption_stages"]]

    def test_nhs_preset_is_the_published_one(self):
        """The shipped nhs preset has every published value."""
        assert tomllib.loads((FILES / "nhs.toml").read_text(encoding="utf-8")) == tomllib.loads(
            (PRESETS / "nhs.toml").read_text(encoding="utf-8")
        )

    @pytest.mark.parametrize("name", ["general", "nhs"])
    def test_each_loads_by_itself(self, name):
        """A preset is a whole policy without a file, and looks for registers nowhere."""
        policy = load_policy(preset=name)

        assert name == policy.preset
        assert policy.folder is None
        assert {} == policy.register_paths()

    def test_all_are_listed(self):
        """The names a person may choose from."""
        assert ("general", "nhs") == preset_names()

    def test_reference_loads_to_the_defaults(self):
        """The reference file, loaded as a policy, changes nothing."""
        assert load_policy().text == load_policy(FILES / "reference.toml").text
        assert "general" == load_policy().preset


class TestFile:
    def test_golden_policy(self):
        """A short file over the nhs preset: its own values, the preset's, and the general ones below."""
        policy = load_policy(FILES / "golden.toml")

        assert dt.date(2026, 1, 5) == policy.about.effective_from
        assert "Europe/London" == policy.about.timezone
        assert ("office_phone",) == policy.methods.barred
        assert (dt.date(2026, 2, 13), dt.date(2026, 3, 31)) == tuple(p.deadline for p in policy.deadlines.phases)
        assert () == policy.networks.mfa_trusted_ips
        assert 14 == policy.grace.starter_days
        assert "ServerAD" == policy.scenarios["managed_device_on_network"].device["trustType"]
        assert ("windows",) == policy.scenarios["managed_device_on_network"].platform

    def test_every_key_is_read(self):
        """A file with every key loads, and the effective policy holds each of its values."""
        text = (FILES / "every_key.toml").read_text(encoding="utf-8")
        effective = tomllib.loads(load_policy(FILES / "every_key.toml").text)

        assert set() == paths_of(tomllib.loads(text)) - paths_of(effective)
        assert 45 == effective["population"]["dormant_days"]
        assert 60 == effective["population"]["treatment"]["guest"]["used_within_days"]
        assert ["6a000000-0000-4000-8000-000000000020", "emergency.1@contoso.example"] == (
            effective["population"]["break_glass"]
        )

    def test_every_key_of_the_schema_is_in_that_file(self):
        """The file with every key knows as many keys as the schema does."""
        document = tomllib.loads((FILES / "every_key.toml").read_text(encoding="utf-8"))
        fields = load_policy().model_json_schema(by_alias=True)
        for section, rule in fields["properties"].items():
            if "$ref" in rule:
                known = set(fields["$defs"][rule["$ref"].rpartition("/")[2]]["properties"])
                assert set() == known - set(document[section]), section

    def test_tables_merge_and_arrays_replace(self, tmp_path):
        """One changed key of a table keeps its neighbours; a list or an array of tables replaces the one below."""
        path = written(tmp_path, 'reminders.send_days = ["mon"]\nservice_desk.name = "Desk"\n'
                                 '[[reminders.stages]]\nid = "a"\nday = 1\naudience = ["staff"]\ntemplate = "x"\n')
        policy = load_policy(path)

        assert ("mon",) == policy.reminders.send_days
        assert ("Desk", "your usual way") == (policy.service_desk.name, policy.service_desk.route)
        assert ["a"] == [stage.id for stage in policy.reminders.stages]
        assert 4 == len(policy.reminders.weak_stages)

    def test_own_tier_is_as_staff_where_it_says_nothing(self):
        """A tier of the policy's own stands between privileged and generic and takes from staff what it leaves out."""
        policy = load_policy(FILES / "every_key.toml")
        students = policy.requirements["students"]

        assert ("break_glass", "privileged", "students", "generic", "staff") == policy.tier_names()
        assert policy.tier_names() == tuple(policy.requirements)
        assert (Level.PHONE, Level.PASSWORDLESS) == (students.minimum, students.target)
        assert ("personal_computer", "kiosk") == students.ask_in
        assert ("School*",) == students.applies_to.departments

    def test_higher_minimum_takes_a_default_target_along(self, tmp_path):
        """Raising a minimum above the default target is enough by itself."""
        policy = load_policy(written(tmp_path, 'requirements.staff.minimum = "phishing_resistant"\n'))

        assert Level.PHISHING_RESISTANT == policy.requirements["staff"].target

    def test_preset_in_two_places(self, tmp_path):
        """The command may repeat the file's preset, never contradict it."""
        path = written(tmp_path, 'schema_version = 1\npreset = "nhs"\n')

        assert load_policy(path).sha256 == load_policy(path, "nhs").sha256
        with pytest.raises(PolicyError, match=r'policy.toml:2: preset: the policy file says "nhs"'):
            load_policy(path, "general")

    def test_byte_order_mark(self, tmp_path):
        """A file saved by a Windows editor reads like any other."""
        path = tmp_path / "p.toml"
        path.write_bytes(b"\xef\xbb\xbfgrace.starter_days = 3\r\n")

        assert 3 == load_policy(path).grace.starter_days


class TestEffectiveText:
    @pytest.mark.parametrize("name", ["golden.toml", "every_key.toml", "reference.toml"])
    def test_loads_to_the_same_policy(self, name, tmp_path):
        """The effective text, loaded as a policy file, is the same policy with the same hash."""
        policy = load_policy(FILES / name)
        again = load_policy(written(tmp_path, policy.text))

        assert (policy.text, policy.sha256) == (again.text, again.sha256)
        assert policy.model_dump() == again.model_dump()

    def test_spelling_does_not_change_the_hash(self, tmp_path):
        """Order of keys, comments, inline tables and a word for a list of one are not part of the policy."""
        one = written(tmp_path, "[grace]\nstarter_days = 3\nlost_factor_days = 1\n"
                                '[scenarios.legacy_mail]\nplatform = "linux"\n', "one.toml")
        two = written(tmp_path, 'scenarios.legacy_mail.platform = ["linux"] # a list\n'
                                "grace = { lost_factor_days = 1, starter_days = 3 }\n", "two.toml")

        assert load_policy(one).sha256 == load_policy(two).sha256

    def test_any_change_of_value_changes_the_hash(self, tmp_path):
        """A policy that demands something else has another hash."""
        hashes = {load_policy(written(tmp_path, text)).sha256 for text in (
            "", "grace.starter_days = 13", "methods.weak_ends_on = 2027-02-02", 'reports.marking = "x"',
            "networks.mfa_trusted_ips = []", 'preset = "nhs"')}

        assert 6 == len(hashes)


class TestPolicy:
    def test_levels(self):
        """A level override counts; without one the catalogue does."""
        methods = load_policy(FILES / "every_key.toml").methods

        assert (Level.PUSH, Level.PHONE) == (methods.level_of("external_method"), methods.level_of("mobile_phone"))
        with pytest.raises(KeyError):
            methods.level_of("carrier_pigeon")

    def test_treatment_of_each_kind(self):
        """Kinds are looked up by name."""
        treatment = load_policy().population.treatment

        assert ("in", "workforce", None) == tuple(treatment["person"].model_dump().values())
        assert ("in_if_used", "shared", 30) == tuple(treatment["room"].model_dump().values())

    def test_scenario_over_defaults(self):
        """A scenario has the defaults' signals unless it states its own; unstated stays unknown."""
        policy = load_policy()
        scenario = policy.scenario("device_code")

        assert ("deviceCodeFlow",) == scenario.flow
        assert ("GB",) == scenario.country
        assert {"registered": False} == scenario.device
        assert scenario.user_action is None
        assert "defaults" not in policy.scenario_names()
        assert 9 == len(policy.scenario_names())

    def test_cannot_be_changed(self):
        """A policy is the same from beginning to end of a run."""
        with pytest.raises(ValueError, match="frozen"):
            load_policy().grace.starter_days = 99


class TestRegisters:
    def test_those_that_exist_are_found_beside_the_policy(self, tmp_path):
        """The default names are optional; an empty name means there is none."""
        for name in ("exemptions.csv", "pauses.csv", "organisations.csv"):
            written(tmp_path, "x\n", name)
        policy = load_policy(written(tmp_path, 'population.organisations_file = ""\n'))

        assert {"exemptions": tmp_path / "exemptions.csv", "pauses": tmp_path / "pauses.csv"} == policy.register_paths()

    def test_absolute_names(self, tmp_path):
        """A register may lie anywhere."""
        listed = written(tmp_path, "x\n", "roles.csv")
        (tmp_path / "sub").mkdir()
        policy = load_policy(written(tmp_path / "sub", f"privileged.listed_in = '{listed}'\n"))

        assert {"privileged_accounts": listed} == policy.register_paths()

    def test_one_that_was_named_must_be_there(self, tmp_path):
        """A misspelt register would lose its people without a word, so it is an error."""
        policy = load_policy(written(tmp_path, 'privileged.listed_in = "privilegd.csv"\n'))

        with pytest.raises(PolicyError, match=r"privileged.listed_in names privilegd.csv, and there is no such file"):
            policy.register_paths()
