"""A folder of procedures is checked as a whole: everything named exists, everything there is used, every clause is shown."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.errors import DeploymentRefusedError
from engine.model import SYSTEM
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.checking import check, deploy_checked, run_package_scenarios
from engine.scenarios.clauses import read_clauses
from engine.scenarios.consistency import paths_read
from engine.settings import Settings
from tests.engine.scenarios.small import FILES, HEAD, ORGANISATION

SCENARIO = HEAD.replace("[small 1.1]", "[small 1.1, small 1.2]") + """\
  - {complete: review, as: manager}
  - {complete: carry_out, as: worker, data: {photos: lamp.jpg}}
"""
ENGLISH = """\
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

"""


def catalogue(*texts: str) -> bytes:
    return (ENGLISH + "".join(f'msgid "{text}"\nmsgstr "{number}"\n\n' for number, text in enumerate(texts))).encode()


TEXTS = ("小流程", "申請", "事項", "單元", "業戶", "工人", "審核", "結果", "同意", "退回", "意見", "施工", "照片", "時間", "檢查", "簽認",
         "簽名", "事項：", "兩小時內審核", "須附照片。")
WHOLE: dict[str, bytes] = {**FILES, "scenarios/a.yaml": SCENARIO.encode(), "locale/en.po": catalogue(*TEXTS)}


def report(tmp_path: Path, files: Mapping[str, bytes]) -> list[str]:
    """The errors of a folder that holds these files."""
    folder = tmp_path / "bpmn" / "small"
    shutil.rmtree(folder, ignore_errors=True)
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    roles = "".join(f'{role.id} = {{name = "{role.name}", outside = {str(role.is_outside).lower()}}}\n'
                    for role in ORGANISATION.roles.values())
    (tmp_path / "bpmn" / "organisation.toml").write_text(f'[roles]\n{roles}[numbering]\nslip = "S{{yyyy}}-{{seq:03}}"\n', encoding="utf-8")
    return [line for line in check(folder.parent, Settings()).lines("zh-Hant") if line.startswith("✗")]


def without(*names: str) -> dict[str, bytes]:
    return {name: raw for name, raw in WHOLE.items() if name not in names}


def changed(name: str, old: str, new: str) -> dict[str, bytes]:
    raw = WHOLE[name].decode()
    assert old in raw
    return {**WHOLE, name: raw.replace(old, new).encode()}


def test_a_whole_procedure_passes(tmp_path: Path) -> None:
    """Nothing to tell but the steps that no scenario went through, which are warnings."""
    assert report(tmp_path, WHOLE) == []


@pytest.mark.parametrize(("files", "told"), [
    ({**WHOLE, "forms/spare.json": WHOLE["forms/checking.json"]}, "forms/spare.json: 沒有步驟用到這個檔案。"),
    ({**WHOLE, "records/spare.html": WHOLE["records/slip.html"]}, "records/spare.html: 沒有步驟用到這個檔案。"),
    (without("forms/checking.json"), "small.bpmn check_each: "),
    (changed("small.bpmn", 'review["outcome"]', 'review["verdict"]'), "small.bpmn is_approved: 運算式讀取「review.verdict」"),
    (changed("small.bpmn", 'work["photos"]', 'work["images"]'), "carry_out: 運算式讀取「work.images」"),
    (changed("small.bpmn", "{application.items}", "{application.things}"), "標題樣式讀取「application.things」"),
    (changed("limits.toml", "review:completed", "approve:completed"), "limits.toml approve: "),
    (changed("limits.toml", 'target = "PT2H"', 'target = "PT2H"\nwhen = \'application["kind"] == "a"\''),
     "limits.toml: 運算式讀取「application.kind」"),
    (changed("clauses.toml", "small 1.2", "small 1.3"), "clauses.toml carry_out: 「small/carry_out」所引的條款「small 1.2」不存在。"),
    (changed("clauses.toml", "small 1.2", "small 1.3"), "clauses.toml: 條款「small 1.3」沒有步驟或時限執行：施工留照片。"),
    (changed("clauses.toml", "small 1.2", "small 1.3"), "scenarios/a.yaml: 情境所引的條款「small 1.2」不存在。"),
    (changed("scenarios/a.yaml", ", small 1.2", ""), "clauses.toml: 條款「small 1.2」沒有通過的情境涵蓋：施工留照片。"),
    (changed("clauses.toml", 'en = "Reviewed in time."', ""), "clauses.toml: 條款「small 1.1」缺少 en 的文字。"),
    (changed("clauses.toml", "[[clause]]\nnumber = \"small 1.1\"", "[[clause]"), "clauses.toml: clauses.toml 不是有效的 TOML 檔："),
    (changed("scenarios/a.yaml", "as: worker,", "as: clerk,"), "scenarios/a.yaml:7: 「complete carry_out」被拒絕："),
    (changed("scenarios/a.yaml", "steps:", "stairs:"), "scenarios/a.yaml:5: 情境沒有「stairs」這個鍵"),
    ({**WHOLE, "locale/en.po": catalogue(*TEXTS[1:])}, "small.bpmn: locale/en.po 缺少英文：小流程"),
    ({**WHOLE, "locale/en.po": catalogue(*TEXTS[:-3])}, "records/slip.html: locale/en.po 缺少英文：事項："),
], ids=range(18))
def test_what_does_not_fit_together_is_told(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    """File, element and reason."""
    errors = report(tmp_path, files)
    assert any(line.startswith(f"✗ small/{told}") for line in errors), errors


def test_a_stale_picture_is_told(tmp_path: Path) -> None:
    """Where pictures are kept beside the procedures, they are of today's diagrams."""
    (tmp_path / "diagrams").mkdir()
    assert any("diagrams/small.svg 不是最新的" in line for line in report(tmp_path, WHOLE))


def test_a_citation_that_the_scenario_never_comes_to_is_a_warning(tmp_path: Path) -> None:
    """Citing a clause is a claim: somewhere on the way something has to carry it out."""
    short = changed("scenarios/a.yaml", "  - {complete: carry_out, as: worker, data: {photos: lamp.jpg}}\n", "")
    assert report(tmp_path, short) == []
    lines = list(check(tmp_path / "bpmn").lines("zh-Hant"))
    assert "! small/scenarios/a.yaml: 情境引了條款「small 1.2」，卻沒有經過執行它的步驟或時限。 [clauses]" in lines


def test_a_failed_scenario_refuses_a_deployment(runtime: Runtime) -> None:
    """Nothing is stored; the finding names file and line. Mended, the same deployment is taken."""
    runtime.organisation = ORGANISATION
    broken = changed("scenarios/a.yaml", "as: worker,", "as: clerk,")
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(DeploymentRefusedError) as caught:
            deploy_checked(runtime, uow, SYSTEM, broken)
        assert [finding.file for finding in caught.value.findings if finding.severity == "error"] == ["scenarios/a.yaml:7"]
        assert not uow.is_writing
        assert deploy_checked(runtime, uow, SYSTEM, WHOLE, dry_run=True).id is None
        deployed = deploy_checked(runtime, uow, SYSTEM, WHOLE)
        uow.commit()
    assert [info.key for info in deployed.definitions] == ["small"]


def test_a_package_without_scenarios_has_nothing_to_fail() -> None:
    """An imported diagram needs none."""
    assert run_package_scenarios(FILES, ORGANISATION, Settings()) == []


def test_a_package_may_not_bring_scenarios_without_end() -> None:
    """What comes from outside has bounds."""
    many = {**FILES, **{f"scenarios/{number}.yaml": SCENARIO.encode() for number in range(201)}}
    finding, = run_package_scenarios(many, ORGANISATION, Settings())
    assert finding.data == {"count": 201, "limit": 200}


@pytest.mark.parametrize(("expression", "paths"), [
    ('a["b"] == 1 and c.get("d")', ["a.b", "c.d"]),
    ('a["b"]["c"]', ["a.b"]),
    ('a[0]["b"]', []),
    ('a["b"] = 1', []),
    ("not (", []),
], ids=["both", "nested", "rows", "written", "broken"])
def test_paths_of_an_expression(expression: str, paths: list[str]) -> None:
    """Form and field, as far as they can be told without running anything."""
    assert sorted(paths_read(expression)) == paths


def test_a_clause_that_is_not_executed_says_why() -> None:
    """In both languages."""
    raw = b'[[clause]]\nnumber = "a 1"\nzh-Hant = "x"\nen = "y"\nexecutable = false\n'
    clauses, findings = read_clauses(raw)
    assert [clause.is_executable for clause in clauses] == [False]
    assert [finding.source_text() for finding in findings] == ["條款「a 1」不執行，須以 zh-Hant 和 en 說明原因（reason）。"]
    assert read_clauses(raw + 'reason = {zh-Hant = "目的", en = "purpose"}\n'.encode())[1] == []
