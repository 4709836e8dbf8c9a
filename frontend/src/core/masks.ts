/** Run-length masks as outlines: exact along the pixels' edges, so that one path is both the line and the inside. */

/** More edges than this are not traced: a mask of noise would stop the browser. */
const MOST_EDGES = 100_000;

type Run = readonly [top: number, bottom: number];

/** The set pixels of each column, as half-open ranges of rows; run lengths go column by column, zeros first. */
function columnsOf(height: number, counts: readonly number[]): Map<number, Run[]> {
  const columns = new Map<number, Run[]>();
  let at = 0;
  counts.forEach((given, index) => {
    const run = given > 0 ? Math.trunc(given) : 0;
    if (index % 2 === 1) {
      for (let from = at; from < at + run; ) {
        const column = Math.floor(from / height);
        const top = from - column * height;
        const length = Math.min(height - top, at + run - from);
        const runs = columns.get(column);
        const last = runs?.at(-1);
        // Runs may touch across an empty run of zeros.
        if (runs && last && last[1] === top) runs[runs.length - 1] = [last[0], top + length];
        else if (runs) runs.push([top, top + length]);
        else columns.set(column, [[top, top + length]]);
        from += length;
      }
    }
    at += run;
  });
  return columns;
}

/** The rows where one of two neighbouring columns is set and the other is not; `true` where it is the left one. */
function differences(left: readonly Run[], right: readonly Run[]): [from: number, to: number, left: boolean][] {
  const cuts = [...new Set([...left, ...right].flat())].sort((a, b) => a - b);
  const found: [number, number, boolean][] = [];
  let [i, j] = [0, 0];
  for (let k = 0; k + 1 < cuts.length; k++) {
    const [from, to] = [cuts[k] as number, cuts[k + 1] as number];
    while (i < left.length && (left[i] as Run)[1] <= from) i++;
    while (j < right.length && (right[j] as Run)[1] <= from) j++;
    const inLeft = i < left.length && (left[i] as Run)[0] <= from;
    const inRight = j < right.length && (right[j] as Run)[0] <= from;
    if (inLeft === inRight) continue;
    const last = found.at(-1);
    if (last && last[1] === from && last[2] === inLeft) last[1] = to;
    else found.push([from, to, inLeft]);
  }
  return found;
}

type Corner = [x: number, y: number];

/** Edges by where they begin, the inside on their right; where two begin at one corner both are kept. */
class Edges {
  size = 0;
  private readonly from = new Map<string, Corner[]>();

  add([x, y]: Corner, to: Corner): void {
    const key = `${x},${y}`;
    const known = this.from.get(key);
    if (known) known.push(to);
    else this.from.set(key, [to]);
    this.size++;
  }

  /** Takes the edges out as closed rings. */
  *rings(): Generator<Corner[]> {
    for (const [start, ends] of this.from) {
      while (ends.length > 0) {
        const ring: Corner[] = [start.split(",").map(Number) as Corner];
        for (let next = ends.pop(); next; next = this.from.get(`${next[0]},${next[1]}`)?.pop()) ring.push(next);
        yield ring;
      }
    }
  }
}

function edgesOf(columns: Map<number, Run[]>): Edges | null {
  const edges = new Edges();
  const sides = new Set([...columns.keys()].flatMap((column) => [column, column + 1]));
  for (const [x, runs] of columns) {
    for (const [top, bottom] of runs) {
      edges.add([x, top], [x + 1, top]);
      edges.add([x + 1, bottom], [x, bottom]);
    }
    if (edges.size > MOST_EDGES) return null;
  }
  for (const x of sides) {
    // An edge ends where a horizontal one begins, so that they link up.
    const stops = new Set([...(columns.get(x - 1) ?? []), ...(columns.get(x) ?? [])].flat());
    for (const [from, to, left] of differences(columns.get(x - 1) ?? [], columns.get(x) ?? [])) {
      const rows = [from, ...[...stops].filter((row) => row > from && row < to).sort((a, b) => a - b), to];
      for (let k = 0; k + 1 < rows.length; k++) {
        const [a, b] = [rows[k] as number, rows[k + 1] as number];
        if (left) edges.add([x, a], [x, b]);
        else edges.add([x, b], [x, a]);
      }
    }
  }
  return edges;
}

/** The path of a ring, without the corners that lie on a straight line. */
function pathOf(ring: readonly Corner[]): string {
  let path = "";
  const corners = ring.slice(0, -1);
  corners.forEach(([x, y], k) => {
    const [px, py] = corners.at(k - 1) as Corner;
    const [nx, ny] = corners[(k + 1) % corners.length] as Corner;
    if ((px === x && x === nx) || (py === y && y === ny)) return;
    path += `${path ? "L" : "M"}${x} ${y}`;
  });
  return path ? `${path}Z` : "";
}

/** COCO run lengths as one path, to be filled by the even-odd rule. Empty where there is nothing, or too much. */
export function maskPath(height: number, counts: readonly number[]): string {
  if (!(height > 0) || !Number.isInteger(height)) return "";
  const edges = edgesOf(columnsOf(height, counts));
  return edges ? [...edges.rings()].map(pathOf).join("") : "";
}
