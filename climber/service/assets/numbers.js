// Numbers as the pages write them: two significant digits, the unit beside.

export function percent(fraction) {
  if (fraction == null) return "–";
  if (fraction === 0) return "0 %";
  const value = fraction * 100;
  return `${value.toFixed(value >= 10 ? 0 : value >= 1 ? 1 : 2)} %`;
}

export const span = (low, high) => (low == null || high == null ? "–" : `${percent(low).slice(0, -2)}–${percent(high)}`);

export function area(m2) {
  if (m2 == null) return "–";
  return m2 >= 0.1 ? `${m2.toFixed(2)} m²` : `${(m2 * 1e4).toFixed(0)} cm²`;
}

// Fill {fields} of a text.
export const fill = (text, fields) => text.replace(/{(\w+)}/g, (_all, name) => fields[name]);
