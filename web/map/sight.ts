/** What part of a drawing is seen: where it lies under the window, and how large. Pure. */

/** The drawing's corner in the window, and how many pixels one of its units takes. */
export type Sight = { readonly x: number; readonly y: number; readonly zoom: number };
type Size = { readonly width: number; readonly height: number };
type Point = { readonly x: number; readonly y: number };

const ZOOM = { least: 0.08, most: 2 } as const;
/** Smaller than this, words are not read: a big map is begun at its top instead of whole. */
const LEGIBLE_ZOOM = 0.72;
const MARGIN = 16;

/** Zoomed by `factor`, so that what lies under `at` stays there. */
export function zoomed(sight: Sight, factor: number, at: Point): Sight {
  const zoom = Math.min(ZOOM.most, Math.max(ZOOM.least, sight.zoom * factor));
  const by = zoom / sight.zoom;
  return { x: at.x - (at.x - sight.x) * by, y: at.y - (at.y - sight.y) * by, zoom };
}

/** The whole drawing in the middle of the window. */
export function fitted(drawing: Size, window: Size): Sight {
  const fits = Math.min((window.width - 2 * MARGIN) / drawing.width, (window.height - 2 * MARGIN) / drawing.height);
  const zoom = Math.min(1, Math.max(ZOOM.least, fits));
  return { x: (window.width - drawing.width * zoom) / 2, y: Math.max(MARGIN, (window.height - drawing.height * zoom) / 2), zoom };
} // prettier-ignore

/** How a drawing is begun: whole where that can be read, else at its top, with `first` as near to the middle as leaves no side empty. */
export function begun(drawing: Size, window: Size, first: Point): Sight {
  const whole = fitted(drawing, window);
  if (whole.zoom >= LEGIBLE_ZOOM) return whole;
  const spare = window.width - drawing.width * LEGIBLE_ZOOM;
  const middle = window.width / 2 - first.x * LEGIBLE_ZOOM;
  return { x: spare >= 0 ? spare / 2 : Math.min(0, Math.max(spare, middle)), y: 0, zoom: LEGIBLE_ZOOM };
}

/** Moved so that `at` (in the drawing) is in the middle, unless it is in sight already. */
export function shownAt(sight: Sight, at: Point, window: Size): Sight {
  const [x, y] = [at.x * sight.zoom + sight.x, at.y * sight.zoom + sight.y];
  const inside = x > 60 && y > 60 && x < window.width - 60 && y < window.height - 60;
  if (inside) return sight;
  const zoom = Math.max(sight.zoom, LEGIBLE_ZOOM);
  return { x: window.width / 2 - at.x * zoom, y: window.height / 2 - at.y * zoom, zoom };
}
