"""The main jobs of the committee's staff: see what is missing, bring workbooks in, take the year's grades out."""

import re
from datetime import date
from io import BytesIO

import openpyxl
from django.utils import timezone

from tests.imports.county import id_number

GOOD = id_number(date(1980, 1, 1), 12)
WRONG = GOOD[:17] + ("1" if GOOD[17] != "1" else "2")
ROOT_NAME = "中共云岭示范县委教育体育工作委员会"


def workbook(headers, *rows):
    book = openpyxl.Workbook()
    for row in (headers, *rows):
        book.active.append(row)
    stream = BytesIO()
    book.save(stream)
    return {"name": "工作簿.xlsx", "mimeType": "application/octet-stream", "buffer": stream.getvalue()}


def bring(page, label, file):
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/imports/")
    page.get_by_role("link", name=re.compile(label)).first.click()
    page.get_by_label("工作簿").set_input_files(file)
    page.get_by_role("button", name=re.compile("预检|上传")).click()


def test_three_workbooks_go_in_and_the_years_grades_come_out(site, open_page, tmp_path):
    page = open_page()
    site.sign_in(page, "gongwei")
    year = timezone.localdate().year
    bring(
        page, "党组织基本情况表",
        workbook(
            ["党组织名称", "组织类别", "上级党组织", "成立日期", "支委数"],
            ["中共云岭示范县新月学校支部委员会", "党支部", ROOT_NAME, f"{year - 3}-01-05", 0],
        ),
    )  # fmt: skip
    page.get_by_role("button", name=re.compile("^导入")).click()
    assert "新增 1" in page.locator("body").inner_text()

    bring(
        page, "党员花名册",
        workbook(
            ["姓名", "所在党支部", "身份证号", "入党时间", "转正时间", "党员类别"],
            ["苏晚晴", "中共云岭示范县新月学校支部委员会", GOOD, "2005-07-01", "2006-07-01", "正式党员"],
            ["陆明川", "中共云岭示范县新月学校支部委员会", WRONG, "2005-07-01", "2004-07-01", "正式党员"],
        ),
    )  # fmt: skip
    text = page.locator("main").inner_text()
    assert "C3" in text, "the wrong cell is named"
    assert "E3" in text, "converted before joining"
    assert WRONG not in page.content(), "no ID number on the page"
    page.get_by_role("button", name=re.compile("只导入无错")).click()

    bring(
        page, "组织生活台账",
        workbook(
            ["党支部", "会议类型", "时间", "主题", "应到人数", "实到人数"],
            ["中共云岭示范县新月学校支部委员会", "主题党日", f"{year}-01-25", "开学谈心", 1, 1],
        ),
    )  # fmt: skip
    page.get_by_role("button", name=re.compile("^导入")).click()
    assert "新增 1" in page.locator("body").inner_text()

    page.goto(f"{site.url}/assessment/?year={year}&q=新月")
    page.get_by_role("link", name=re.compile("新月学校")).first.click()
    page.get_by_text("主题党日", exact=False).first.wait_for()
    assert "开学谈心" in page.content(), "from the grade down to the record"

    page.goto(f"{site.url}/assessment/?year={year}")
    with page.expect_download() as waiting:
        page.get_by_role("main").get_by_role("link", name=re.compile("导出|工作簿|Excel")).first.click()
    waiting.value.save_as(tmp_path / "grades.xlsx")
    summary = openpyxl.load_workbook(tmp_path / "grades.xlsx", data_only=True)["考核汇总"]
    assert "中共云岭示范县新月学校支部委员会" in {row[1] for row in summary.iter_rows(values_only=True)}


def test_a_file_that_is_no_workbook_is_refused_in_words(site, open_page):
    page = open_page(phone=True)
    site.sign_in(page, "gongwei")
    bring(page, "党员花名册", {"name": "名册.xlsx", "mimeType": "application/octet-stream", "buffer": b"<html>"})
    assert page.locator("[data-errors], .invalid-feedback").first.is_visible()
