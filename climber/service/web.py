"""The pages, readable without scripts; scripts add the charts, the map and the surface."""

from fastapi import APIRouter

from climber.service import fleet_page, pole_page, review_page, sign_in_page

router = APIRouter()
for part in (fleet_page, pole_page, review_page, sign_in_page):
    router.include_router(part.router)
