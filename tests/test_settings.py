"""Settings: four places, one precedence, and secrets that never show."""

import datetime as dt
import os
import sys
from pathlib import Path

import pytest

from mfa_audit.errors import SettingsError
from mfa_audit.settings import Settings, load_settings

CANARY = "canary-7e1f-secret"


def written(folder: Path, text: str, name: str = "mfa-audit.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(name="here", autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestPrecedence:
    def test_default(self):
        """Without anything, data and reports lie in the working folder and only accounts and registrations are read."""
        settings = load_settings(None, {}, {})

        assert (Path("data"), Path("reports"), None) == (settings.data, settings.output, settings.policy)
        assert ("accounts", "registrations") == settings.collect
        assert Settings() == settings

    def test_flag_over_environment_over_file(self, here):
        """Each place outranks the next; a flag that was not given outranks nothing."""
        written(here, 'tenant = "file"\noutput = "file"\npreset = "file"\n')
        settings = load_settings(None, {"MFA_AUDIT_TENANT": "environment", "MFA_AUDIT_OUTPUT": "environment"},
                                 {"tenant": "flag", "output": None})

        assert ("flag", Path("environment"), "file") == (settings.tenant, settings.output, settings.preset)

    def test_empty_variable_is_not_set(self, here):
        """A variable set to nothing outranks nothing."""
        written(here, 'tenant = "file"\n')

        assert "file" == load_settings(None, {"MFA_AUDIT_TENANT": ""}, {}).tenant

    def test_file_by_flag_and_by_variable(self, here):
        """The flag's file outranks the variable's, and that the one in the working folder."""
        one, two = written(here, 'tenant = "one"', "one.toml"), written(here, 'tenant = "two"', "two.toml")
        written(here, 'tenant = "three"')
        environment = {"MFA_AUDIT_SETTINGS": str(two)}

        assert "one" == load_settings(one, environment, {}).tenant
        assert "two" == load_settings(None, environment, {}).tenant
        assert "three" == load_settings(None, {}, {}).tenant

    def test_paths_of_the_file_are_seen_from_its_folder(self, here):
        """A nightly job started elsewhere finds what the file means."""
        (here / "etc").mkdir()
        path = written(here / "etc", 'policy = "p.toml"\nsources = ["a", "/b"]\ntenant_id = "t"\n')
        settings = load_settings(path, {"MFA_AUDIT_OUTPUT": "out"}, {})

        assert here / "etc" / "p.toml" == settings.policy
        assert (here / "etc" / "a", Path("/b")) == settings.sources
        assert (Path("out"), "t") == (settings.output, "t")

    def test_text_of_several_sources_is_seen_from_the_file_as_well(self, here):
        """Text with separators means what a list means."""
        (here / "etc").mkdir()
        path = written(here / "etc", f'sources = "a{os.pathsep}/b"\n')

        assert (here / "etc" / "a", Path("/b")) == load_settings(path, {}, {}).sources

    @pytest.mark.parametrize("text", ['"1772415000"', "1772415000", "1.5"])
    def test_a_number_is_no_time(self, here, text):
        """A count of seconds is a mistake, not a moment."""
        path = written(here, f"captured_at = {text}\n")

        with pytest.raises(SettingsError, match="2026-03-02T01:30:00Z"):
            load_settings(path, {}, {})


class TestValues:
    def test_everything_by_environment(self):
        """Every setting can come from a variable, lists and moments included."""
        settings = load_settings(None, {
            "MFA_AUDIT_TENANT_ID": "t", "MFA_AUDIT_CLIENT_ID": "c", "MFA_AUDIT_CERTIFICATE_FILE": "/c.pem",
            "MFA_AUDIT_CLOUD": "china", "MFA_AUDIT_CA_BUNDLE": "/ca", "MFA_AUDIT_DEADLINE_SECONDS": "60",
            "MFA_AUDIT_GRAPH_ROOT": "https://127.0.0.1:8443", "MFA_AUDIT_LOGIN_ROOT": "https://127.0.0.1:8444",
            "MFA_AUDIT_SOURCES": os.pathsep.join(["a", "b c"]), "MFA_AUDIT_COLLECT": "accounts, devices",
            "MFA_AUDIT_CAPTURED_AT": "2026-03-02T01:30:00+01:00", "MFA_AUDIT_DATE_ORDER": "dmy",
            "MFA_AUDIT_LOG_LEVEL": "info", "MFA_AUDIT_POLICY": "p.toml", "MFA_AUDIT_PRESET": "general",
            "HOME": "/root",
        }, {})

        assert ("t", "c", 60, "china") == (settings.tenant, settings.client_id, settings.deadline_seconds,
                                           settings.cloud)
        assert (Path("a"), Path("b c")) == settings.sources
        assert ("accounts", "devices") == settings.collect
        assert dt.datetime(2026, 3, 2, 0, 30, tzinfo=dt.UTC) == settings.captured_at

    def test_flags_of_other_types(self):
        """A flag may carry what the command line already made of it."""
        moment = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
        settings = load_settings(None, {}, {"sources": (Path("a"),), "captured_at": moment})

        assert ((Path("a"),), moment) == (settings.sources, settings.captured_at)

    def test_frozen(self):
        """Settings do not change during a run."""
        with pytest.raises(ValueError, match="frozen"):
            Settings().tenant = "x"


@pytest.mark.parametrize(("text", "environment", "flags", "expected"), [
    ('outptu = "x"', {}, {}, "mfa-audit.toml: there is no setting outptu; the nearest is output"),
    ("", {"MFA_AUDIT_OUTPTU": "x"}, {}, "there is no setting MFA_AUDIT_OUTPTU; the nearest is MFA_AUDIT_OUTPUT"),
    ("", {}, {"outptu": "x"}, "the command line: there is no setting outptu"),
    ('date_order = "ymd"', {}, {}, "mfa-audit.toml: date_order: allowed: 'dmy' or 'mdy'"),
    ("", {"MFA_AUDIT_CLOUD": "moon"}, {}, "MFA_AUDIT_CLOUD: cloud: allowed: 'global'"),
    ("", {"MFA_AUDIT_DEADLINE_SECONDS": "soon"}, {}, "deadline_seconds: must be a whole number"),
    ("", {"MFA_AUDIT_DEADLINE_SECONDS": "0"}, {}, "must be at least 1"),
    ("", {"MFA_AUDIT_GRAPH_ROOT": "http://127.0.0.1"}, {}, "graph_root: must begin with https://"),
    ("captured_at = 2026-03-02T01:30:00", {}, {}, "captured_at: must say its offset"),
    ("", {}, {"captured_at": "yesterday"}, "captured_at: must be a date and time with its offset"),
    ('collect = ["accounts", "phones"]', {}, {}, "collect: allowed: accounts, registrations"),
    ('collect = ["accounts", "per_user_mfa"]', {}, {}, "collect: per_user_mfa needs tenant_policies beside it"),
    ("tenant = x", {}, {}, "the settings are not TOML"),
    ('tenant = "a"\ntenant_id = "b"', {}, {}, "tenant_id says again what tenant says"),
    ("", {"MFA_AUDIT_TENANT": "a", "MFA_AUDIT_TENANT_ID": "b"}, {}, "says again what MFA_AUDIT_TENANT says"),
])
def test_wrong_settings(text, environment, flags, expected, here):
    """A wrong setting is refused with exit 2, naming its place, the key and what is allowed."""
    written(here, text)

    with pytest.raises(SettingsError) as caught:
        load_settings(None, environment, flags)

    assert 2 == caught.value.exit_code
    assert expected in str(caught.value)


def test_variables_of_others():
    """What somebody else reads is no misspelling."""
    settings = load_settings(None, {"MFA_AUDIT_FAIL_UNDER": "90"}, {}, other_variables=["MFA_AUDIT_FAIL_UNDER"])

    assert Settings() == settings


def test_named_file_must_be_there(here):
    """A settings file that was asked for and is not there is an error; the default one is optional."""
    with pytest.raises(SettingsError, match="there is no such settings file"):
        load_settings(here / "none.toml", {}, {})


class TestSecret:
    def test_from_the_environment(self):
        """The secret is there for who asks, and in no representation."""
        settings = load_settings(None, {"MFA_AUDIT_CLIENT_SECRET": CANARY}, {})

        assert CANARY == settings.client_secret.get_secret_value()
        assert CANARY not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"

    def test_from_a_file(self, here):
        """A file only its owner can read may hold it; the line end is not part of it."""
        path = written(here, CANARY + "\n", "secret")
        path.chmod(0o600)

        settings = load_settings(None, {"MFA_AUDIT_CLIENT_SECRET_FILE": str(path)}, {})

        assert CANARY == settings.client_secret.get_secret_value()

    @pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
    def test_file_others_can_read(self, mode, here):
        """A secret that others can read is refused, and the message says how to mend it."""
        path = written(here, CANARY, "secret")
        path.chmod(mode)

        with pytest.raises(SettingsError, match="chmod 600") as caught:
            load_settings(None, {"MFA_AUDIT_CLIENT_SECRET_FILE": str(path)}, {})

        assert CANARY not in str(caught.value)

    @pytest.mark.parametrize(("text", "environment", "flags"), [
        (f'client_secret = "{CANARY}"', {}, {}),
        (f'client_secret_file = "{CANARY}"', {}, {}),
        ("", {}, {"client_secret": CANARY}),
        ("", {"MFA_AUDIT_CLIENT_SECRET": CANARY, "MFA_AUDIT_CLIENT_SECRET_FILE": "x"}, {}),
        ("", {"MFA_AUDIT_CLIENT_SECRET": CANARY, "MFA_AUDIT_CLOUD": "moon"}, {}),
        ("", {"MFA_AUDIT_CLIENT_SECRET_FILE": "/nowhere"}, {}),
    ])
    def test_never_in_a_message(self, text, environment, flags, here):
        """A secret in a file or a flag is refused, and no error repeats it."""
        written(here, text)

        with pytest.raises(SettingsError) as caught:
            load_settings(None, environment, flags)

        assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
        assert caught.value.__cause__ is None or caught.value.__suppress_context__

    def test_refusal_says_where_it_belongs(self, here):
        """The next step is the environment."""
        written(here, f'client_secret = "{CANARY}"')

        with pytest.raises(SettingsError, match="MFA_AUDIT_CLIENT_SECRET"):
            load_settings(None, {}, {})


@pytest.mark.parametrize("text", ['sources = "exports"', 'sources = ["exports"]'])
def test_sources_of_the_file_are_seen_from_its_folder(text, here):
    """One path as text and a list of paths lie beside the settings file, not where the program runs."""
    (here / "kept").mkdir()
    file = written(here / "kept", text)

    assert (here / "kept" / "exports",) == load_settings(file, {}, {}).sources


@pytest.mark.parametrize("flags", [{"captured_at": "20260302"}, {"captured_at": "1772415000"}, {"captured_at": 5}])
def test_a_number_is_no_time_of_capture(flags, here):
    """A number could be read as seconds since 1970; it is refused with an example."""
    with pytest.raises(SettingsError, match="2026-03-02T01:30:00Z"):
        load_settings(None, {}, flags)


def test_a_date_is_a_time_of_capture(here):
    """A date without a time begins its day, in UTC."""
    assert "2026-03-02T00:00:00+00:00" == load_settings(None, {}, {"captured_at": "2026-03-02"}).captured_at.isoformat()
