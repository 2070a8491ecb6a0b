"""Every good shape is recognised by its content and delivers its fields."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from mfa_audit.snapshot.raw import RAW_FIELDS, Inputs, RawRows
from mfa_audit.sources.exports.columns import ALIASES, header_key, match
from mfa_audit.tables import REGISTERS, TENANT_DOCUMENTS

ID = "7c1e2f60-0b0a-4f55-9d1c-1f7f2d0a1001"
UPN = "amara.okafor@riverside.example"
ELIGIBILITY = "roleManagement/directory/roleEligibilityScheduleInstances"
PORTAL_USERS = (
    "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,accountEnabled,usageLocation,"
    "streetAddress,state,country,officeLocation,city,postalCode,telephoneNumber,mobilePhone,alternateEmailAddress,"
    "ageGroup,consentProvidedForMinor,legalAgeGroupClassification,companyName,creationType,directorySynced,"
    "invitationState,identityIssuer,createdDateTime"
)
PORTAL_USER = (
    f'{UPN},"OKAFOR, Amara",Null,,True,{ID},Member,NA,Radiology,True,GB,1 High Street,,,,,,020 7946 0001,,,,,,ZX1,,True'
    ",,riverside.example,8/19/2021 1:25:31 PM"
)
GRAPH_USER = {
    "id": ID, "userPrincipalName": UPN, "displayName": "OKAFOR, Amara", "accountEnabled": True, "companyName": "ZX1",
    "manager": {"@odata.type": "#microsoft.graph.user", "id": "m1"},
    "signInActivity": {"lastSignInDateTime": "2026-11-20T08:00:00Z"},
}
GRAPH_DETAILS = {
    "id": ID, "userPrincipalName": UPN, "userDisplayName": "OKAFOR, Amara", "userType": "member", "isAdmin": False,
    "isMfaRegistered": True, "isMfaCapable": True, "methodsRegistered": ["mobilePhone", "email"],
    "userPreferredMethodForSecondaryAuthentication": "push", "lastUpdatedDateTime": "2026-11-24T02:11:09.4417732Z",
}


def pascal(record: dict[str, object]) -> dict[str, object]:
    return {key[0].upper() + key[1:]: value for key, value in record.items()}


@dataclass(frozen=True)
class Good:
    name: str
    content: str
    words: str
    table: str
    values: dict[str, str | None] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    file: str = "export"


GOOD = (
    Good("portal users", f"{PORTAL_USERS}\n{PORTAL_USER}\n", "Entra portal: users", "accounts",
         {"account_id": ID, "display_name": "OKAFOR, Amara", "surname": "Null", "given_name": "True",
          "job_title": "NA", "created_at": "8/19/2021 1:25:31 PM", "synced": "True", "mail": ""},
         absent=("employee_id", "manager", "last_sign_in")),
    Good("portal users, chosen columns", f"id,displayName,userPrincipalName,department\n{ID},A,{UPN},X\n",
         "Entra portal: users", "accounts", {"account_id": ID}, absent=("account_enabled",)),
    Good("older portal users", f"objectId,userPrincipalName,physicalDeliveryOfficeName\n{ID},{UPN},Main\n",
         "Entra portal: users", "accounts", {"account_id": ID, "office_location": "Main"}),
    Good("portal registration details",
         "userPrincipalName,userDisplayName,ssprRegistered,mfaCapable,methodsRegistered,defaultMfaMethod\n"
         f'{UPN},A,True,Capable,"Mobile phone, Email",mobilePhone\n',
         "Entra portal: user registration details", "registrations",
         {"user_principal_name": UPN, "is_mfa_capable": "Capable", "methods": "Mobile phone, Email",
          "is_sspr_registered": "True", "default_method": "mobilePhone"}, absent=("account_id", "is_admin")),
    Good("registration details as shown on screen",
         "User principal name;Name;MFA Capable;SSPR Registered;Methods registered;Last Updated Time\n"
         f"{UPN};A;Not Capable;Registered;Email;24/11/2026\n", "Entra portal: user registration details",
         "registrations", {"is_mfa_capable": "Not Capable", "updated_at": "24/11/2026"}),
    Good("registration details with the 2026 names",
         "User principal name\tMultifactor authentication capable\tMultifactor authentication registered\n"
         f"{UPN}\tYes\tYes\n", "Entra portal: user registration details", "registrations",
         {"is_mfa_registered": "Yes"}, absent=("methods",)),
    Good("PowerShell 5.1 registration details",
         '#TYPE Selected.Microsoft.Graph\n"Id","UserPrincipalName","IsMfaCapable","MethodsRegistered"\n'
         f'"{ID}","{UPN}","True","mobilePhone;email"\n', "PowerShell: user registration details", "registrations",
         {"methods": "mobilePhone;email"}),
    Good("Excel's separator line", f"sep=;\nId;UserPrincipalName;IsMfaCapable\n{ID};{UPN};True\n",
         "PowerShell: user registration details", "registrations", {"is_mfa_capable": "True"}),
    Good("Graph users", json.dumps({"value": [GRAPH_USER]}), "Graph: users", "accounts",
         {"account_id": ID, "manager": json.dumps(GRAPH_USER["manager"]),
          "sign_in_activity": json.dumps(GRAPH_USER["signInActivity"])}, absent=("department",)),
    Good("Graph users, pretty", json.dumps([GRAPH_USER], indent=2), "Graph: users", "accounts", {"account_id": ID}),
    Good("one Graph user", json.dumps(GRAPH_USER, indent=2), "Graph: users", "accounts", {"account_id": ID}),
    Good("Graph users as JSON lines", f"{json.dumps(GRAPH_USER)}\n\n{json.dumps({'id': 'x'})}\n", "Graph: users",
         "accounts", {"account_id": ID}),
    Good("Graph registration details", json.dumps({"value": [GRAPH_DETAILS]}), "Graph: user registration details",
         "registrations", {"methods": json.dumps(["mobilePhone", "email"]), "is_admin": "false"}),
    Good("PowerShell registration details as JSON", json.dumps(pascal(GRAPH_DETAILS), indent=4),
         "PowerShell: user registration details", "registrations", {"account_id": ID, "user_type": "member"}),
    Good("Exchange recipients",
         "ExternalDirectoryObjectId,Id,Name,PrimarySmtpAddress,RecipientTypeDetails,EmailAddresses\n"
         f"{ID},riverside/Amara,Amara,{UPN},SharedMailbox,SMTP:{UPN}\n", "Exchange: recipients", "recipients",
         {"account_id": ID, "mail": UPN, "recipient_type": "SharedMailbox"}),
    Good("HR list", "Account,Manager,Start date,Leaver\n"
         f"{UPN},boss@riverside.example,01/09/2026,No\n", "HR list", "people",
         {"account_id": UPN, "manager": "boss@riverside.example", "hire_date": "01/09/2026", "leaver": "No"}),
    Good("HR list by employee number", "Employee ID,Manager Employee ID,Leaving date\n00412,00007,2026-12-31\n",
         "HR list", "people", {"employee_id": "00412", "manager_employee_id": "00007", "leave_date": "2026-12-31"}),
    Good("managers alone", f"upn,manager\n{UPN},boss@riverside.example\n", "HR list", "people",
         {"user_principal_name": UPN}),
    Good("portal's MFA Status", f"Display Name,Primary Email Address,MFA Status\nA,{UPN},Admin Enabled\n",
         "NHSmail portal: MFA Status", "mfa_status", {"mail": UPN, "mfa_status": "Admin Enabled"}),
    Good("role assignments", json.dumps({"value": [
        {"id": "x", "principalId": ID, "roleDefinitionId": "r1", "directoryScopeId": "/", "principal": {"id": ID}}]}),
        "Graph: role assignments", "role_assignments",
        {"account_id": ID, "role_id": "r1", "scope": "/", "principal": json.dumps({"id": ID})}),
    Good("roles active for now", json.dumps({"value": [
        {"principalId": ID, "roleDefinitionId": "r1", "assignmentType": "Activated", "startDateTime": None}]}),
        "Graph: role assignments", "role_assignments", {"role_id": "r1"}),
    Good("role eligibility", json.dumps({"value": [
        {"principalId": ID, "roleDefinitionId": "r1", "directoryScopeId": "/", "endDateTime": "2026-01-01T00:00:00Z",
         "startDateTime": None, "roleEligibilityScheduleId": "e"}]}),
        "Graph: role eligibility", "role_eligibility", {"account_id": ID, "ends_at": "2026-01-01T00:00:00Z"}),
    Good("directory roles with members", json.dumps({"value": [
        {"id": "x", "roleTemplateId": "r1", "displayName": "Global", "members": [{"id": ID}]},
        {"id": "y", "roleTemplateId": "r2", "displayName": "Nobody", "members": []}]}),
        "Graph: directory roles with members", "role_assignments",
        {"account_id": ID, "role_id": "r1", "scope": "/"}),
    Good("no role assignments", '{"value": []}', "Graph: role assignments (none)", "role_assignments",
         file="roleAssignments"),
    Good("no eligibility, told by the context",
         json.dumps({"@odata.context": f"https://g/v1.0/$metadata#{ELIGIBILITY}", "value": []}),
         "Graph: role eligibility (none)", "role_eligibility"),
    Good("group members as a table", f"GroupId,UserPrincipalName\ng1,{UPN}\n", "PowerShell: group members",
         "group_members", {"group_id": "g1", "user_principal_name": UPN}),
    Good("groups with members", json.dumps({"value": [
        {"id": "g1", "displayName": "A", "members": [{"@odata.type": "#microsoft.graph.group", "id": "g2"}]},
        {"id": "g2", "displayName": "B", "members": []}]}), "Graph: groups with members", "group_members",
        {"group_id": "g1", "account_id": "g2", "member_type": "#microsoft.graph.group"}),
    Good("groups out of PowerShell", json.dumps({"Id": "g1", "DisplayName": "A", "Members": [
        {"Id": ID, "DeletedDateTime": None, "AdditionalProperties": {
            "@odata.type": "#microsoft.graph.user", "userPrincipalName": UPN}}]}), "PowerShell: groups with members",
        "group_members", {"account_id": ID, "member_type": "#microsoft.graph.user", "user_principal_name": UPN}),
    Good("exemptions", "exemption_id,account_id,category,owner,approver,approver_role,approved_on,expires_on,ticket,"
         f"compensating_control\nEX1,{UPN},no_device,O,A,SIRO,2026-01-12,2026-06-30,C1,Ward only\n",
         "register: exemptions", "exemptions", {"account_id": UPN, "expires_on": "2026-06-30"}, absent=("risk_ref",)),
    Good("service accounts",
         f"account_id,owner,purpose,compensating_control,review_by\n{ID},Team,Engine,IP,2026-12-31\n",
         "register: service_accounts", "service_accounts", {"owner": "Team"}),
    Good("generic accounts", f"account_id,responsible_person_id,team\n{ID},{UPN},Inbox\n", "register: generic_accounts",
         "generic_accounts", {"responsible_person_id": UPN}),
    Good("privileged accounts", "account_id,portal_role\n", "register: privileged_accounts", "privileged_accounts"),
    Good("organisations", "ODS Code,name,kind,status\nZX1,Northmoor,acute,open\n", "register: organisations",
         "organisations", {"organisation_code": "ZX1"}),
    Good("pauses", f"account_id,from,until,ticket\n{ID},2026-01-01,2026-02-01,T1\n", "register: pauses", "pauses",
         {"until": "2026-02-01"}),
    Good("certificate users", f"account_id\n{ID}\n", "register: certificate_users", "certificate_users",
         {"account_id": ID}, file="certificate_users"),
)
Reading = Callable[..., Inputs]
TableOf = Callable[[Inputs, str], RawRows]
Records = Callable[[RawRows], list[dict[str, str | None]]]


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_good_shapes_are_recognised(case: Good, encoding: str, reading: Reading, table_of: TableOf,
                                    records: Records) -> None:
    """A file is known by its content under any name, in any accepted encoding, and its values come through as text."""
    inputs = reading({f"{case.file}.txt": case.content.encode(encoding)})

    rows = table_of(inputs, case.table)
    staged = records(rows)
    assert case.words == rows.origin.shape
    assert rows.rows == len(staged)
    assert case.values == {name: _text(staged[0][name]) for name in case.values}
    assert not set(case.absent) & set(rows.fields)
    assert () == inputs.ignored


def _text(value: object) -> object:
    return json.dumps(value) if isinstance(value, bool) else value


DOCUMENTS = (
    ("organization", {"value": [{"id": "t1", "displayName": "N", "verifiedDomains": []}]}),
    ("domains", {"value": [{"id": "a.example", "authenticationType": "Federated", "isVerified": True}]}),
    ("conditional_access_policies", {"value": [
        {"id": "c1", "displayName": "A", "state": "enabled", "conditions": {"users": {}}, "grantControls": None}]}),
    ("named_locations", {"value": [{"id": "l1", "displayName": "L", "isTrusted": True, "ipRanges": []}]}),
    ("authentication_strengths", {"value": [{"id": "s1", "allowedCombinations": ["fido2"]}]}),
    ("security_defaults", {"id": "d", "displayName": "Security Defaults", "isEnabled": False}),
    ("authentication_methods_policy", {"id": "p", "authenticationMethodConfigurations": [{"id": "Sms"}]}),
)


@pytest.mark.parametrize(("name", "content"), DOCUMENTS, ids=[name for name, _ in DOCUMENTS])
def test_policy_documents_are_kept_as_graph_wrote_them(name: str, content: object, reading: Reading) -> None:
    """A document is the same whether it came from Graph or, PascalCase and without an envelope, from PowerShell."""
    items = content.get("value", [content]) if isinstance(content, dict) else []
    powershell = _pascal_deep(items[0])

    graph = reading({"a.json": json.dumps(content).encode(), "b.json": json.dumps(powershell).encode("utf-16")})

    assert [(name, content)] == [(document.name, document.content) for document in graph.documents]


def _pascal_deep(value: object) -> object:
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: _pascal_deep(item) for key, item in value.items()}
    return [_pascal_deep(item) for item in value] if isinstance(value, list) else value


def test_users_and_registrations_in_one_file(reading: Reading, table_of: TableOf, records: Records) -> None:
    """An administrator's joined list gives both tables out of one staged file."""
    content = f"UPN,DisplayName,Department,Enabled,MFA Capable,Methods registered\n{UPN},A,X,True,Capable,email\n"

    inputs = reading({"joined.csv": content.encode()})

    accounts, registrations = table_of(inputs, "accounts"), table_of(inputs, "registrations")
    assert accounts.path == registrations.path
    assert "X" == records(accounts)[0]["department"]
    assert "email" == records(registrations)[0]["methods"]
    assert "Entra portal: users and registration details together" == accounts.origin.shape


def test_a_key_missing_in_some_rows_is_not_absent(reading: Reading, table_of: TableOf, records: Records) -> None:
    """Graph leaves out keys without a value; the field counts as supplied when any row has it."""
    rows = [{"id": "1", "userPrincipalName": "a@x.example"}, {"id": "2", "userPrincipalName": "b@x.example",
                                                              "department": "Ward 7"}]

    inputs = reading({"users.json": json.dumps({"value": rows}).encode()})

    assert [None, "Ward 7"] == [row["department"] for row in records(table_of(inputs, "accounts"))]


def test_line_breaks_inside_cells_survive(reading: Reading, table_of: TableOf, records: Records) -> None:
    """A quoted cell may hold a line break, commas and doubled quotes."""
    content = f'UPN,DisplayName,JobTitle,Department,Id,Company\n{UPN},A,"Nurse,\r\nday ""A"" shift",X,1,Z\n'

    inputs = reading({"users.csv": content.encode()})

    assert 'Nurse,\nday "A" shift' == records(table_of(inputs, "accounts"))[0]["job_title"]


def test_columns_nobody_needs_are_not_staged(reading: Reading, table_of: TableOf) -> None:
    """Telephone numbers and street addresses never leave the source file."""
    inputs = reading({"users.csv": f"{PORTAL_USERS}\n{PORTAL_USER}\n".encode()})

    staged = table_of(inputs, "accounts").path.read_text(encoding="utf-8")
    assert "020 7946" not in staged
    assert "High Street" not in staged


def test_old_mac_line_ends(reading: Reading, table_of: TableOf) -> None:
    """A carriage return alone ends a line as well."""
    inputs = reading({"users.csv": f"id,userPrincipalName\r1,{UPN}\r2,b@x.example\r".encode()})

    assert 2 == table_of(inputs, "accounts").rows


@pytest.mark.parametrize(("name", "content"), [
    ("sign-ins.csv", "Date (UTC),Request ID,User agent,Correlation ID,User ID,Username,Client app\n1,2,3,4,5,6,7\n"),
    ("connexions.csv", "ID de demande,Nom d’utilisateur,Exigence d’authentification\n1,a@x.example,MFA\n"),
    ("sesiones.csv", "Nombre,Requisito de autenticación\n1,MFA\n"),
    ("sign-ins.json", json.dumps([{"id": "1", "appDisplayName": "X", "clientAppUsed": "Browser", "userId": "u"}])),
    ("intune.json", json.dumps({"value": [{"id": "1", "deviceId": "d", "isManaged": True, "displayName": "PC"}]})),
    ("apps.json", json.dumps({"value": [{"id": "1", "appId": "d", "servicePrincipalType": "Application"}]})),
    ("roles.json", json.dumps({"value": [{"id": "1", "isBuiltIn": True, "templateId": "t"}]})),
    ("allgroups.json", json.dumps({"value": [{"id": "1", "displayName": "G", "groupTypes": []}]})),
    ("members.json", json.dumps({"value": [{"@odata.type": "#microsoft.graph.user", "id": "1"}]})),
])
def test_known_files_of_no_use_are_passed_over_politely(name: str, content: str, reading: Reading) -> None:
    """What is known and not needed is listed with its reason, even when it was named."""
    inputs = reading({name: content.encode()})

    assert 1 == len(inputs.ignored)
    assert name in inputs.ignored[0]


@pytest.mark.parametrize(("name", "content"), [
    ("devices.json", json.dumps({"value": [{"id": "1", "deviceId": "d", "trustType": "ServerAd", "isCompliant": None,
                                            "accountEnabled": True, "displayName": "PC"}]})),
    ("d.json", json.dumps([{"Id": "1", "DeviceId": "d", "TrustType": "ServerAd", "IsCompliant": None,
                            "AccountEnabled": True, "DisplayName": "PC", "AdditionalProperties": {}}])),
    ("d.csv", "displayName,accountEnabled,joinType,isCompliant,deviceId,objectId\nPC,True,ServerAd,,d,1\n"),
])
def test_devices_are_known_from_graph_powershell_and_the_portal(
    name: str, content: str, reading: Reading, table_of: TableOf, records: Records,
) -> None:
    """The names of the devices stay behind."""
    inputs = reading({"users.csv": f"{PORTAL_USERS}\n{PORTAL_USER}\n".encode(), name: content.encode()})
    (row,) = records(table_of(inputs, "devices"))

    assert ("d", "ServerAd") == (row["device_id"], row["trust_type"])
    assert "PC" not in table_of(inputs, "devices").path.read_text(encoding="utf-8")


def test_headers_are_compared_by_letters_and_digits() -> None:
    """Case, spaces, punctuation, byte order marks and accents typed in two ways do not matter."""
    spellings = ("Is Mfa Capable", "isMfaCapable", "IS_MFA-CAPABLE", "\ufeffIs Mfa  Capable ")

    assert {"ismfacapable"} == set(map(header_key, spellings))
    assert header_key("Ge\u0301re\u0301") == header_key("Géré")


def test_every_field_has_aliases() -> None:
    """Each table's aliases are exactly the fields the snapshot knows, but for what only Graph says: a group is gone."""
    expected = {name: set(fields) for name, fields in RAW_FIELDS.items()}
    expected |= {name: set(table.names) for name, table in REGISTERS.items()}

    expected["groups"].remove("deleted")

    assert expected == {name: set(aliases) for name, aliases in ALIASES.items()}
    assert all(key == header_key(key) for aliases in ALIASES.values() for keys in aliases.values() for key in keys)


@pytest.mark.parametrize("table", sorted(ALIASES))
def test_a_header_stands_for_one_field_of_a_table(table: str) -> None:
    """No alias is listed twice in a table."""
    keys = [key for keys in ALIASES[table].values() for key in keys]

    assert sorted(set(keys)) == sorted(keys)


def test_the_better_alias_is_taken() -> None:
    """Two columns of one undecisive field: the better one is read, whatever their order."""
    assert "mail" == match("accounts", ["email", "mail", "id"]).fields["mail"]


def test_documents_are_all_known() -> None:
    """Every policy document has a shape."""
    assert set(TENANT_DOCUMENTS) == {name for name, _ in DOCUMENTS}


def test_an_empty_group_is_known_and_one_without_members_is_not(reading: Reading, table_of: TableOf,
                                                                records: Records) -> None:
    """Table ``groups`` tells an empty group ([]) from one whose members were not saved (null)."""
    groups = [{"id": "g1", "members": [{"id": "u1"}]}, {"id": "g2", "members": []}, {"id": "g3"}]

    inputs = reading({"groups.json": json.dumps({"value": groups}).encode()})

    assert [("g1", "[]"), ("g2", "[]"), ("g3", None)] == [
        (row["group_id"], row["members"]) for row in records(table_of(inputs, "groups"))]
    assert [("g1", "u1")] == [
        (row["group_id"], row["account_id"]) for row in records(table_of(inputs, "group_members"))]
