// Where a place on the pole appears in a photograph. Lengths in mm, angles in degrees, pixel centres on whole numbers;
// azimuth clockwise seen from above, the first facet's middle at 0.

const rad = Math.PI / 180;

const taper = (pole) => (pole.base_diameter_mm - pole.top_diameter_mm) / 2 / (pole.height_m * 1000);
const apothem = (pole, height_m) => pole.base_diameter_mm / 2 - taper(pole) * 1000 * height_m;

function offFacet(pole, azimuth_deg) {
  if (!pole.sides) return 0;
  const facet = 360 / pole.sides;
  return (azimuth_deg - facet * Math.round(azimuth_deg / facet)) * rad;
}

// Rows right, down and forward of the camera in axes out (pole to camera), along (growing azimuth), up.
function axes(pose) {
  const [ct, st] = [Math.cos(pose.tilt_deg * rad), Math.sin(pose.tilt_deg * rad)];
  const [c, s] = [Math.cos(pose.roll_deg * rad), Math.sin(pose.roll_deg * rad)];
  const down = [-st, 0, -ct];
  const right = [0, -1, 0];
  return [right.map((r, i) => c * r - s * down[i]), right.map((r, i) => s * r + c * down[i]), [-ct, 0, st]];
}

function bent([k1, k2, p1, p2, k3], x, y) {
  const r2 = x * x + y * y;
  const radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
  return [x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y];
}

// Returns a function (height_m, azimuth_deg) -> {u, v, cosine, mm_per_px, inside} for one photograph.
export function projector(pole, camera, pose) {
  const rows = axes(pose);
  const lean = taper(pole);
  const distance = apothem(pole, pose.height_m) / Math.cos(offFacet(pole, pose.azimuth_deg)) + pose.standoff_mm;
  return (height_m, azimuth_deg) => {
    const flat = apothem(pole, height_m);
    const off = offFacet(pole, azimuth_deg);
    const local = (azimuth_deg - pose.azimuth_deg) * rad;
    const out = (flat * Math.cos(local)) / Math.cos(off);
    const along = (flat * Math.sin(local)) / Math.cos(off);
    const up = (height_m - pose.height_m) * 1000;
    const [x, y, z] = rows.map((row) => row[0] * (out - distance) + row[1] * along + row[2] * up);
    const normal = local - off;
    const towards = (Math.cos(normal) * distance - flat - lean * up) / Math.hypot(1, lean);
    const cosine = towards / Math.hypot(out - distance, along, up);
    const [px, py] = bent(camera.distortion, x / z, y / z);
    const [u, v] = [px * camera.fx_px + camera.cx_px, py * camera.fy_px + camera.cy_px];
    const onSensor = u > -0.5 && u < camera.width_px - 0.5 && v > -0.5 && v < camera.height_px - 0.5;
    return { u, v, cosine, mm_per_px: z / ((camera.fx_px + camera.fy_px) / 2), inside: z > 1 && onSensor && cosine > 0 };
  };
}
