# ruff: noqa: E501 - pages and files as they are written
"""Small files of the formats that cannot be written as text: PDF and workbooks."""

import io
import zipfile
from xml.sax.saxutils import escape


def _quoted(text):
    return text.replace("(", r"\(").replace(")", r"\)")


def pdf(pages, size=10):
    """A PDF whose pages are lists of (x, y, text), y from the top in points; a pair of such a list
    and one of (x0, y0, x1, y1) draws rules too."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", None, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for page in pages:
        words, lines = page if isinstance(page, tuple) else (page, [])
        stream = "".join(f"BT /F1 {size} Tf {x} {800 - y} Td ({_quoted(t)}) Tj ET\n" for x, y, t in words)
        stream += "".join(f"{a} {800 - b} m {c} {800 - d} l S\n" for a, b, c, d in lines)
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}endstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(len(objects))
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(f'{k} 0 R' for k in kids)}] /Count {len(kids)} >>"
    out, offsets = "%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{one}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{o:010d} 00000 n \n" for o in offsets)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF"
    return out.encode("latin-1")


def ruled(rows, widths, top=50, height=30):
    """Words and lines of a ruled table, for a page of `pdf`. A cell may have lines parted by "\\n"."""
    words, lines = [], []
    edges = [40]
    for width in widths:
        edges.append(edges[-1] + width)
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            for n, part in enumerate(cell.split("\n")):
                words.append((edges[c] + 3, top + r * height + 11 + n * 11, part))
    bottom = top + len(rows) * height
    lines += [(edges[0], top + r * height, edges[-1], top + r * height) for r in range(len(rows) + 1)]
    lines += [(x, top, x, bottom) for x in edges]
    return words, lines


def xlsx(sheets, merged=None):
    """A workbook: {sheet name: rows of str, int, float or None}; `merged` gives ranges such as {"Sheet": ["A1:C1"]}."""
    merged = merged or {}
    names = list(sheets)
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for i in range(1, len(names) + 1)
        )
        + "</Types>",
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        + "".join(f'<sheet name="{escape(n)}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(names, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="r{i}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(names) + 1)
        )
        + "</Relationships>",
    }
    for i, name in enumerate(names, 1):
        body = ""
        for r, row in enumerate(sheets[name], 1):
            cells = ""
            for c, cell in enumerate(row):
                place = f"{chr(65 + c)}{r}"
                if isinstance(cell, str):
                    cells += f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
                elif cell is not None:
                    cells += f'<c r="{place}"><v>{cell}</v></c>'
            body += f'<row r="{r}">{cells}</row>'
        merges = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged.get(name, ()))
        merges = f"<mergeCells>{merges}</mergeCells>" if merges else ""
        parts[f"xl/worksheets/sheet{i}.xml"] = (
            f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{body}</sheetData>{merges}</worksheet>'
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            archive.writestr(path, text)
    return packed.getvalue()
