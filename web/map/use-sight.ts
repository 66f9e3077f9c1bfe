/**
 * Moving and zooming a drawing by pointer, wheel, pinch and keys. Only the layer's CSS transform changes: nothing is drawn
 * anew and React renders nothing while the hand moves, however many moments there are.
 */
import { type PointerEvent, useEffect, useState } from "react";
import { begun, fitted, shownAt, type Sight, zoomed } from "./sight.ts";

type Size = { readonly width: number; readonly height: number };
type Point = { readonly x: number; readonly y: number };
const WHEEL_ZOOM = 0.0066;
const LINE_PX = 16;
/** A hand that moved less has pressed, not dragged. */
const DRAG_PX = 4;
/** Once the hand has rested so long, the layer is drawn sharp at its size. */
const RESTS_MS = 160;

type Held = {
  window: HTMLElement | null;
  layer: HTMLElement | null;
  size: Size;
  sight: Sight;
  travelledPx: number;
  resting: ReturnType<typeof setTimeout> | undefined;
  readonly touches: Map<number, Point>;
};

function look(held: Held, sight: Sight): void {
  held.sight = sight;
  const { layer } = held;
  if (layer === null) return;
  layer.dataset["moving"] = "true";
  layer.style.transform = `translate(${sight.x}px, ${sight.y}px) scale(${sight.zoom})`;
  clearTimeout(held.resting);
  held.resting = setTimeout(() => {
    layer.dataset["moving"] = "false";
  }, RESTS_MS);
}

const sizeOf = ({ window }: Held): Size => ({
  width: window?.clientWidth ?? 0,
  height: window?.clientHeight ?? 0,
});
function inWindow({ window }: Held, { clientX, clientY }: { clientX: number; clientY: number }): Point {
  const { left = 0, top = 0 } = window?.getBoundingClientRect() ?? {};
  return { x: clientX - left, y: clientY - top };
}

function wheeled(held: Held, event: WheelEvent): void {
  event.preventDefault();
  const px = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
  const { sight } = held;
  if (event.ctrlKey || event.metaKey)
    return look(held, zoomed(sight, Math.exp(-event.deltaY * px * WHEEL_ZOOM), inWindow(held, event)));
  const [dx, dy] = event.shiftKey ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
  look(held, { ...sight, x: sight.x - dx * px, y: sight.y - dy * px });
}

function moved(held: Held, event: PointerEvent): void {
  const before = held.touches.get(event.pointerId);
  if (before === undefined) return;
  const at = inWindow(held, event);
  held.touches.set(event.pointerId, at);
  held.travelledPx += Math.abs(at.x - before.x) + Math.abs(at.y - before.y);
  if (held.travelledPx <= DRAG_PX) return;
  // Held by the window only once it is a drag: a press is still a press on what lies below.
  if (!event.currentTarget.hasPointerCapture(event.pointerId))
    event.currentTarget.setPointerCapture(event.pointerId);
  const { sight } = held;
  const other = [...held.touches].find(([id]) => id !== event.pointerId)?.[1];
  if (other === undefined)
    return look(held, { ...sight, x: sight.x + at.x - before.x, y: sight.y + at.y - before.y });
  const apart = (point: Point): number => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
  look(held, zoomed(sight, apart(at) / apart(before), { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 }));
}

/** What a screen can do with the sight of one drawing. */
export type Moving = ReturnType<typeof movingOf>;
function movingOf() {
  const held: Held = {
    window: null, layer: null, size: { width: 1, height: 1 }, sight: { x: 0, y: 0, zoom: 1 },
    travelledPx: 0, resting: undefined, touches: new Map(),
  }; // prettier-ignore
  const wheel = (event: WheelEvent): void => wheeled(held, event);
  const lifted = (event: PointerEvent): void => {
    held.touches.delete(event.pointerId);
  };
  return {
    /** Takes the window, which stands still, and gives it back. */
    holdWindow: (window: HTMLElement | null): void => {
      held.window?.removeEventListener("wheel", wheel);
      held.window = window;
      // React's own wheel listener is passive and could not keep the page from scrolling.
      window?.addEventListener("wheel", wheel, { passive: false });
    },
    /** Takes the layer, which is moved. */
    holdLayer: (layer: HTMLElement | null): void => {
      held.layer = layer;
    },
    measure: (size: Size): void => {
      held.size = size;
    },
    zoomBy: (factor: number): void => {
      const { width, height } = sizeOf(held);
      look(held, zoomed(held.sight, factor, { x: width / 2, y: height / 2 }));
    },
    fit: (): void => look(held, fitted(held.size, sizeOf(held))),
    begin: (first: Point): void => look(held, begun(held.size, sizeOf(held), first)),
    reveal: (at: Point): void => look(held, shownAt(held.sight, at, sizeOf(held))),
    focus: (selector: string): void =>
      held.window?.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true }),
    /** Whether the press that ends now was a drag. */
    dragged: (): boolean => held.travelledPx > DRAG_PX,
    handlers: {
      onPointerDown: (event: PointerEvent): void => {
        if (held.touches.size === 0) held.travelledPx = 0;
        held.touches.set(event.pointerId, inWindow(held, event));
      },
      onPointerMove: (event: PointerEvent): void => moved(held, event),
      onPointerUp: lifted,
      onPointerCancel: lifted,
      onLostPointerCapture: lifted,
    },
  };
}

/** The sight of a drawing of this size. */
export function useSight({ width, height }: Size): Moving {
  const [moving] = useState(movingOf);
  useEffect(() => moving.measure({ width, height }), [moving, width, height]);
  return moving;
}
