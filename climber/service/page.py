"""What every page shares: the templates, the reader's language, and who is signed in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from climber.service import words
from climber.service.auth import Principal, identify

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters |= {
    "percent": words.percent,
    "square_metres": words.square_metres,
    "day": words.day,
    "date": words.date,
    "part_name": words.part_name,
    "note_text": words.note_text,
}
templates.globals["span"] = words.span


async def _visitor(request: Request) -> Principal:
    who = await identify(request)
    if who is None:
        raise HTTPException(303, headers={"Location": "/sign-in"})
    return who


Visitor = Annotated[Principal, Depends(_visitor)]
"""Who looks at a page; strangers are sent to the sign-in page."""


def page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """Render a page in the reader's language, and remember a language that was asked for."""
    language = words.language_of(request)
    other = next(one for one in words.LANGUAGES if one != language)
    content = templates.get_template(name).render(
        t=words.translator(language),
        language=language,
        other_language=request.url.include_query_params(lang=other).query,
        script_words=words.for_scripts(language),
        path=request.url.path,
        today=datetime.now(UTC).date().isoformat(),
        signed_in=values.pop("who", None) is not None,
        **values,
    )
    response = Response(content, status, media_type="text/html; charset=utf-8")
    if request.query_params.get("lang") == language:
        response.set_cookie(words.COOKIE, language, max_age=31_536_000, samesite="lax")
    return response
