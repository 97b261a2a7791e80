// The unrolled pictures of a climb in levels of tiles, and their pixels around a place.

const TILE_PX = 512;
const known = new Map();

// Levels [width, height], smallest first; asked once for each climb and kind.
export function levelsOf(climb, kind) {
  const path = `/v1/climbs/${climb}/pictures/${kind}`;
  if (!known.has(path))
    known.set(path, fetch(path).then((answer) => {
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      return answer.json();
    }).then((found) => found.levels));
  return known.get(path);
}

export const tileUrl = (climb, kind, level, column, row) => `/v1/climbs/${climb}/pictures/${kind}/${level}/${column}/${row}`;

export async function tileSource(climb, kind) {
  const levels = await levelsOf(climb, kind);
  const [width, height] = levels.at(-1);
  const getTileUrl = (level, column, row) => tileUrl(climb, kind, level, column, row);
  const hasTransparency = () => kind !== "surface"; // so that no coarser tile shines through a finer one
  return { width, height, hasTransparency, tileSize: TILE_PX, tileOverlap: 0, minLevel: 0, maxLevel: levels.length - 1, getTileUrl };
}

async function picture(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

// Pixels of a picture between shares of its width (may leave 0..1: the pole is round) and height, at most `most` across.
export async function pixels(climb, kind, { left, right, top, bottom }, most = 500) {
  const levels = await levelsOf(climb, kind);
  const fits = ([width, height]) => (right - left) * width <= most && (bottom - top) * height <= most;
  const level = Math.max(0, levels.findLastIndex(fits));
  const [width, height] = levels[level];
  const [x0, x1] = [Math.floor(left * width), Math.ceil(right * width)];
  const [y0, y1] = [Math.max(0, Math.floor(top * height)), Math.min(height, Math.ceil(bottom * height))];
  const canvas = new OffscreenCanvas(Math.max(1, x1 - x0), Math.max(1, y1 - y0));
  const ink = canvas.getContext("2d", { willReadFrequently: true });
  const jobs = [];
  for (const turn of [-1, 0, 1])
    for (let row = Math.floor(y0 / TILE_PX); row * TILE_PX < y1; row++)
      for (let column = 0; column * TILE_PX < width; column++) {
        const x = column * TILE_PX + turn * width;
        if (x >= x1 || x + TILE_PX <= x0) continue;
        jobs.push(picture(tileUrl(climb, kind, level, column, row)).then((tile) => ink.drawImage(tile, x - x0, row * TILE_PX - y0)));
      }
  await Promise.all(jobs);
  return { image: ink.getImageData(0, 0, canvas.width, canvas.height), x0, y0, width, height };
}
