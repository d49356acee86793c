"""PDFs as people have them, and as people should not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


PAGE = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Annots[4 0 R]"


def pdf(*pages: str, actions: Iterable[str] = (), trailer: str = "") -> bytes:
    """Return a PDF with these lines of text, each on a page of its own that is a link.

    `actions` are carried out by a reader that runs scripts when it opens the file.
    """
    first = 5
    kids = " ".join(f"{first + 2 * at} 0 R" for at in range(len(pages)))
    opened = " ".join(f"<</Type/Action {each}>>" for each in actions)
    objects = [
        f"<</Type/Catalog/Pages 2 0 R/OpenAction {opened or 'null'}>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        "<</Type/Annot/Subtype/Link/Rect[0 0 300 400]/A<</S/URI/URI(https://evil.test/link)>>>>",
    ]
    for at, line in enumerate(pages):
        drawn = f"BT /F1 32 Tf 40 300 Td ({line}) Tj ET"
        objects += [
            f"{PAGE}/Contents {first + 2 * at + 1} 0 R/Resources<</Font<</F1 3 0 R>>>>>>",
            f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream",
        ]
    out = b"%PDF-1.7\n"
    offsets = []
    for number, each in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{each}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R{trailer}>>"
    return out + f"{end}\nstartxref\n{len(out)}\n%%EOF".encode()


LOCKED = pdf(
    "Secret",
    trailer=f"/ID[<{'00' * 16}><{'00' * 16}>]/Encrypt<</Filter/Standard/V 1/R 2/P -4"
    f"/O<{'11' * 32}>/U<{'22' * 32}>>>",
)
SCRIPTED = pdf(
    "Hostile",
    actions=[
        "/S/JavaScript/JS(app.alert\\('evil'\\);app.launchURL\\('https://evil.test/launched'\\);)"
    ],
)
SENDING = pdf("Hostile", actions=["/S/URI/URI(https://evil.test/opened)"])
HTML = (
    b"<!doctype html><!-- %PDF-1.7 --><script>document.title = top.evil = 1</script>"
    b"<img src=x onerror='top.evil = 2'>"
)
