"""The API through its front door: answers, paging, refusals, what it promises in OpenAPI, and what it costs."""

import json

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from procurement import recording
from procurement.comparison import compare
from procurement.entries import Row
from procurement.models import Capture, Decision, Report, Statement
from tests.histories import day, make_list, record
from vendors.models import Alias, Identifier, Ownership, Vendor

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    """China's list loses Symantec between two full snapshots; an American list gains Huawei."""
    symantec = Vendor.objects.create(slug="symantec", name="Symantec", country="US")
    Alias.objects.create(vendor=symantec, text="赛门铁克", language="zh-Hans")
    Identifier.objects.create(vendor=symantec, scheme="wikidata", value="Q13958")
    owner = Vendor.objects.create(slug="broadcom", name="Broadcom", country="US")
    Ownership.objects.create(vendor=symantec, owner=owner, country="US", since="2019-11-04")
    cn = make_list("CN", slug="antivirus", title="Antivirus", kind="approved")
    record(cn, day(0), [Row("赛门铁克", "Norton", identifier="A1"), Row("瑞星", "V15", extra={"版本": "15"})])
    record(cn, day(10), [Row("瑞星", "V15", extra={"版本": "15"})])
    us = make_list("US", slug="covered", kind="excluded")
    record(us, day(5), [Row("ZTE")])
    record(us, day(20), [Row("ZTE"), Row("Huawei")])
    report = Report.objects.create(publisher="Reuters", title="China drops", published_on="2014-08-05")
    said = Statement.objects.create(report=report, speaker="Symantec", stance="qualifies", text="Only some.", list=cn)
    said.vendors.add(symantec)
    return cn


def get(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status, response.content[:500]
    assert response.headers["Content-Type"].startswith("application/json")
    return json.loads(response.content)


def test_a_comparison_is_the_one_that_every_interface_gives(client, case):
    answer = get(client, "/api/v1/lists/antivirus/compare?from=2024-01-01&to=2024-01-31")
    expected = json.loads(json.dumps(compare(case, "2024-01-01", "2024-01-31").as_json()))
    assert answer == expected
    (change,) = answer["changes"]
    assert change["kind"] == "dropped"
    assert change["vendor"] == {"slug": "symantec", "name": "Symantec", "origin": "US", "relation": "foreign"}
    assert change["before"]["vendor"] == "赛门铁克" and change["after"] is None
    assert (change["last_seen"], change["first_absent"]) == ("2024-01-01T00:00:00Z", "2024-01-11T00:00:00Z")
    assert change["evidence"]["before"] == f"/snapshots/{answer['from']['snapshot']}/"
    assert answer["summary"]["dropped"] == 1 and answer["summary"]["unchanged"] == 1


def test_the_feed_agrees_with_the_comparison(client, case):
    feed = get(client, "/api/v1/changes?list=antivirus")
    (change,) = feed["items"]
    assert (feed["count"], feed["next"]) == (1, None)
    (compared,) = compare(case, "2024-01-01", "2024-01-31").as_json()["changes"]
    assert change["list"]["slug"] == "antivirus" and len(change["evidence"].pop("after_sha256")) == 64
    assert len(change["evidence"].pop("before_sha256")) == 64
    assert {name: change[name] for name in compared} == compared
    assert [c["kind"] for c in get(client, "/api/v1/changes?kind=added&kind=dropped")["items"]] == ["added", "dropped"]
    assert get(client, "/api/v1/changes?kind=&relation=&since=")["count"] == 2, "a form sends blanks"


def test_entries_as_of_a_day(client, case):
    answer = get(client, "/api/v1/lists/antivirus/entries?on=2024-01-05")
    assert [row["vendor"] for row in answer["items"]] == ["瑞星", "赛门铁克"]
    rising, symantec = answer["items"]
    assert rising["extra"] == {"版本": "15"} and rising["linked_vendor"] is None and rising["relation"] == "unknown"
    assert symantec["linked_vendor"]["slug"] == "symantec" and symantec["relation"] == "foreign"
    assert symantec["first_seen"] == "2024-01-01T00:00:00Z"
    assert symantec["evidence"]["first_seen"] == answer["snapshot"]["url"]
    assert get(client, "/api/v1/lists/antivirus/entries")["count"] == 1


def test_lists_snapshots_vendors_spells_and_statements(client, case):
    lists = get(client, "/api/v1/lists?jurisdiction=cn")["items"]
    assert [found["slug"] for found in lists] == ["antivirus"]
    assert lists[0] == get(client, "/api/v1/lists/antivirus")
    assert (lists[0]["snapshots"], lists[0]["latest"]["captured_at"]) == (2, "2024-01-11T00:00:00Z")
    assert [found["slug"] for found in get(client, "/api/v1/lists?kind=excluded")["items"]] == ["covered"]

    snapshots = get(client, "/api/v1/lists/antivirus/snapshots")
    assert [s["captured_at"][:10] for s in snapshots["items"]] == ["2024-01-11", "2024-01-01"]
    detail = get(client, f"/api/v1/snapshots/{snapshots['items'][0]['snapshot']}")
    assert detail["capture"]["method"] == "file" and detail["capture"]["pages"] == []
    first = Capture.objects.get(snapshots=detail["snapshot"])
    second = {"list": case, "captured_at": first.captured_at, "sha256": "0" * 64, "url": "https://x.example/2"}
    Capture.objects.create(**second, method="file", size=1, first_page=first, page=2)
    detail = get(client, f"/api/v1/snapshots/{snapshots['items'][0]['snapshot']}")
    assert [(p["page"], p["source_url"]) for p in detail["capture"]["pages"]] == [(2, "https://x.example/2")]
    assert detail["list"]["slug"] == "antivirus"

    (vendor,) = get(client, "/api/v1/vendors?text=赛门")["items"]
    assert vendor == get(client, "/api/v1/vendors/symantec")
    assert vendor["names"][0]["language"] == "zh-Hans" and vendor["ownership"][0]["owner"] == "broadcom"
    assert get(client, "/api/v1/vendors?country=US")["count"] == 2

    (spell,) = get(client, "/api/v1/vendors/symantec/listings")["items"]
    assert (spell["listed"], spell["first_seen"][:10], spell["first_absent"][:10]) == (
        False,
        "2024-01-01",
        "2024-01-11",
    )
    assert spell["last_absent"] is None and spell["relation"] == "foreign"

    (statement,) = get(client, "/api/v1/statements?list=antivirus&vendor=symantec")["items"]
    assert statement["stance"] == "qualifies" and statement["vendors"] == ["symantec"]
    assert get(client, "/api/v1/statements?list=covered")["count"] == 0


def test_only_published_snapshots_are_history_unless_asked(client, case):
    recording.withdraw(case.snapshots.first(), why="It was another page.")
    assert get(client, "/api/v1/lists/antivirus/snapshots")["count"] == 1
    (withdrawn,) = get(client, "/api/v1/lists/antivirus/snapshots?status=withdrawn")["items"]
    assert withdrawn["reason"] == "It was another page."
    detail = get(client, f"/api/v1/snapshots/{withdrawn['snapshot']}")
    assert [decision["action"] for decision in detail["decisions"]] == ["withdraw"]


@pytest.mark.parametrize("action", Decision.Action.values)
def test_a_snapshot_says_every_kind_of_decision(client, action):
    snapshot = record(make_list(), day(0), [Row("A")]).snapshot
    Decision.objects.create(snapshot=snapshot, action=action)
    detail = get(client, f"/api/v1/snapshots/{snapshot.pk}")
    assert [decision["action"] for decision in detail["decisions"]] == [action]


def test_pages_follow_each_other_without_loss(client):
    many = make_list(slug="many")
    record(many, day(0), [Row(f"Vendor {n}", "P") for n in range(25)])
    address, seen = "/api/v1/lists/many/entries?limit=10&on=2024-01-02", []
    while address:
        answer = get(client, address)
        assert answer["count"] == 25
        seen += [row["vendor"] for row in answer["items"]]
        address = answer["next"]
    assert sorted(seen) == sorted(f"Vendor {n}" for n in range(25))


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("changes?limit=1001", 400, "limit: Input should be less than or equal to 1000."),
        ("changes?limit=0", 400, "limit: "),
        ("changes?limit=ten", 400, "limit: "),
        ("changes?offset=100001", 400, "offset: Input should be less than or equal to 100000."),
        ("changes?offset=-1", 400, "offset: "),
        ("changes?limit=1&limit=2", 400, "“limit” is given 2 times. Give it once."),
        ("changes?order_by=password", 400, "“order_by” is no parameter of this address. It takes: category, cause, "),
        ("changes?sort=;drop%20table", 400, "“sort” is no parameter"),
        ("changes?kind=vanished", 400, "kind: Input should be 'added', 'dropped'"),
        ("changes?list=nowhere", 400, "list: No list has the slug “nowhere”."),
        ("changes?since=31.7.2014", 400, "since: This is no date. Write it as 2014-07-31."),
        ("changes?since=2014-02-02&until=2014-02-01", 400, "until: It is before the first day"),
        ("changes?text=%00", 400, "“text” holds a NUL"),
        ("changes?text=" + "x" * 201, 400, "text: "),
        ("lists/antivirus?x=1", 400, "“x” is no parameter of this address. It takes: none."),
        ("lists/antivirus/entries?on=yesterday", 400, "'yesterday' is no date."),
        ("lists/antivirus/entries?on=9999-01-01", 400, "9999-01-01 has not come yet."),
        ("lists/antivirus/entries?on=2001-01-01", 404, "“Antivirus” was first observed on 2024-01-01"),
        ("lists/antivirus/compare?from=2024-01-01", 400, "to: Field required."),
        ("lists/antivirus/compare?from=2024-01-31&to=2024-01-01", 400, "The first date is after the second."),
        ("lists/antivirus/snapshots?status=secret", 400, "status: "),
        ("lists/nowhere", 404, "No list has the slug “nowhere”."),
        ("lists/nowhere/compare?from=2024-01-01&to=2024-01-02", 404, "No list has the slug “nowhere”."),
        ("vendors?country=XX", 400, "country: "),
        ("statements?list=%00", 400, "“list” holds a NUL"),
        ("vendors/nobody", 404, "No vendor has the slug “nobody”."),
        ("vendors/nobody/listings", 404, "No vendor has the slug “nobody”."),
        ("vendors?country=%00", 400, "“country” holds a NUL"),
        ("snapshots/0", 404, "There is no snapshot 0."),
        ("snapshots/99999999999999999999999", 404, "There is no snapshot"),
        ("snapshots/one", 404, "There is nothing at this address."),
        ("lists/a%0Ab", 404, "There is nothing at this address."),
        ("lists/<script>", 404, "There is nothing at this address."),
        ("", 404, "There is nothing at this address."),
        ("../", 404, "There is nothing at this address."),
    ],
)
def test_a_wrong_question_is_refused_in_a_sentence(client, case, address, status, said):
    answer = get(client, f"/api/v1/{address}", status)
    assert answer.keys() == {"error"}
    assert said in answer["error"]


def test_it_can_only_be_read(client, case):
    for method in ("post", "put", "delete", "patch", "options"):
        response = getattr(client, method)("/api/v1/lists")
        assert response.status_code == 405 and response.headers["Allow"] == "GET, HEAD"
        assert "can only be read" in response.json()["error"]
    assert client.head("/api/v1/lists").status_code == 200


def test_a_fault_of_ours_is_a_sentence_too(client, case, monkeypatch, caplog):
    monkeypatch.setattr("procurement.api.routes.page", lambda *_: 1 / 0)
    assert "failed on our side" in get(client, "/api/v1/lists", 500)["error"]
    assert "ZeroDivisionError" in caplog.text


def test_the_page_for_people_runs_no_script_of_its_own_and_calls_no_other_host(client):
    response = client.get("/api/docs")
    html = response.content.decode()
    assert response.status_code == 200 and "http://" not in html and "https://" not in html
    assert '"validatorUrl": null' in html and "/api/openapi.json" in html
    for script in html.split("<script")[1:]:
        assert "src=" in script.split(">")[0] or 'type="application/json"' in script.split(">")[0]
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]


def test_openapi_types_every_answer_and_every_error(client):
    schema = get(client, "/api/openapi.json")
    assert schema["info"]["title"] == "Whitelist Tracker"
    assert len(schema["paths"]) == 11
    for path, operations in schema["paths"].items():
        assert path.startswith("/api/v1/") and operations.keys() == {"get"}
        for status, response in operations["get"]["responses"].items():
            reference = response["content"]["application/json"]["schema"]["$ref"]
            assert status == "200" or reference == "#/components/schemas/Error"
            described = schema["components"]["schemas"][reference.rsplit("/", 1)[1]]
            assert described["properties"] and described["required"]


ADDRESSES = [
    "lists",
    "lists/antivirus/entries?on=2024-12-31",
    "lists/antivirus/snapshots",
    "lists/antivirus/compare?from=2024-01-01&to=2024-12-31",
    "changes",
    "vendors",
    "vendors/symantec/listings",
    "statements",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_number_of_queries_does_not_grow_with_rows(client, case, address):
    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            answer = get(client, f"/api/v1/{address}")
        return len(queries), len(answer.get("items", answer.get("changes", ())))

    def grow(first: int, last: int) -> None:
        owner, report = Vendor.objects.get(slug="broadcom"), Report.objects.get()
        for n in range(first, last):
            vendor = Vendor.objects.create(slug=f"v{n}", name=f"V{n}", country="US")
            Alias.objects.create(vendor=vendor, text=f"V{n}")
            Ownership.objects.create(vendor=vendor, owner=owner, country="DE", since="2020-01-01")
            said = Statement.objects.create(report=report, speaker=f"S{n}", stance="denies", text="No.", list=case)
            said.vendors.add(vendor, owner)
            record(make_list(), day(n), [Row("赛门铁克", "Norton")])
            record(case, day(30 + n), [Row("瑞星", f"V{n}"), Row("赛门铁克", f"N{n}")])
        record(case, day(300 + last), [Row("瑞星", "V15"), *(Row(f"V{n}", "P") for n in range(last))])

    grow(0, 6)
    few, rows = cost()
    grow(6, 18)
    many, more_rows = cost()
    assert more_rows > rows
    assert many <= few, f"{few} queries for {rows} rows, {many} for {more_rows}"


def test_generated_questions_are_answered_as_the_schema_promises(client, case, monkeypatch):
    """Schemathesis makes questions, good and bad, from the schema and holds each answer to it."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings, strategies
    from schemathesis import checks as known
    from schemathesis.config import SchemathesisConfig
    from schemathesis.generation import GenerationMode

    from config.wsgi import application

    # Between requests a server drops connections that are in a transaction; that one is this test's.
    monkeypatch.setattr(connections["default"], "close_if_unusable_or_obsolete", lambda: None)
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application, config=SchemathesisConfig())
    held = [
        known.not_a_server_error,
        known.status_code_conformance,
        known.content_type_conformance,
        known.response_schema_conformance,
    ]
    existing = {"/api/v1/lists/": "antivirus", "/api/v1/vendors/": "symantec"}
    answered: dict[str, set[int]] = {}

    bounded = settings(
        max_examples=8,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def ask_about(path, operation, mode):
        @bounded
        @given(operation.as_strategy(generation_mode=mode), strategies.booleans())
        def ask(question, real):
            slug = next((slug for prefix, slug in existing.items() if path.startswith(prefix)), None)
            if real and slug:
                question.path_parameters = {**(question.path_parameters or {}), "slug": slug}
            answered.setdefault(path, set()).add(question.call_and_validate(checks=held).status_code)

        ask()

    for found in schema.get_all_operations():
        operation = found.ok()
        ask_about(operation.path, operation, GenerationMode.POSITIVE)
        if list(operation.query):  # of a path alone nothing is wrong, only unknown
            ask_about(operation.path, operation, GenerationMode.NEGATIVE)
    assert set().union(*answered.values()) == {200, 400, 404}
    # Days on which the list was observed, and the number of a snapshot, are not in the schema to be guessed.
    unguessed = {"/api/v1/lists/{slug}/compare", "/api/v1/snapshots/{number}"}
    assert {path for path, statuses in answered.items() if 200 in statuses} == set(
        schema.raw_schema["paths"]
    ) - unguessed
