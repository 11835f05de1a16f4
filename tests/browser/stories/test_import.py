"""工委 brings a roster in: faults are shown in the office's own table, mended, brought in, and taken back as a whole."""

import io
import re
from datetime import date

import openpyxl
from playwright.sync_api import expect

from tests.imports.county import id_number

HEADERS = ["姓名", "所在党支部", "身份证号", "入党时间", "转正时间", "党员类别"]


def workbook(rows):
    book = openpyxl.Workbook()
    for row in (HEADERS, *rows):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return {"name": "名册.xlsx", "mimeType": "application/octet-stream", "buffer": stream.getvalue()}


def test_a_roster_with_faults_is_mended_and_taken_back(tell, site, tmp_path):
    site.new_branch(1)
    number = len(site.passwords)
    branch = f"中共云岭示范县新设第{number - 1}学校支部委员会"
    born = date(1980, 1, 1 + number % 28)
    good = id_number(born, 300 + number % 600)
    wrong = good[:17] + ("1" if good[17] != "1" else "2")

    page = tell.by("gongwei")
    tell.menu(page, "导入")
    page.get_by_role("link", name=re.compile("党员花名册")).first.click()
    person = ["欧阳霁月", branch, wrong, "2005-07-01", "2004-07-01", "正式党员"]
    page.get_by_label("工作簿").set_input_files(workbook([person]))
    page.get_by_role("button", name=re.compile("预检|上传")).click()
    tell.look(page, "import")
    text = page.locator("main").inner_text()
    assert "C2" in text
    assert "E2" in text
    assert wrong not in page.content(), "no ID number on the page"
    with page.expect_download() as marked:
        page.get_by_role("link", name=re.compile("下载标注好的原表")).first.click()
    marked.value.save_as(tmp_path / "marked.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "marked.xlsx").active
    assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment] == ["C2", "E2"]

    page.get_by_role("link", name="改好后重新上传").click()
    page.get_by_label("工作簿").set_input_files(
        workbook([[person[0], branch, good, "2005-07-01", "2006-07-01", "正式党员"]])
    )
    page.get_by_role("button", name=re.compile("预检|上传")).click()
    page.get_by_role("button", name=re.compile("^导入 1 行")).click()
    expect(tell.look(page).locator("h1")).to_contain_text("已导入")
    done = page.url
    tell.go(page, f"/members/?q={person[0]}")
    expect(page.locator("main table")).to_contain_text(branch)

    page.goto(done)
    page.get_by_role("link", name="整批撤销").click()
    tell.save(page, "整批撤销")
    expect(page.locator("h1")).to_contain_text("已撤销")
    tell.go(page, f"/members/?q={person[0]}")
    expect(page.locator("main")).to_contain_text(f"没有找到“{person[0]}”")
