/** Keys that work everywhere: `/` search, `?` help, `g` and a letter to go to a room. Never while someone is typing. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ROOM_LINKS } from "./rooms.tsx";

const SEQUENCE_MS = 1200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Listens for the app's keys as long as the shell stands. */
export function useKeys(showHelp: () => void): void {
  const navigate = useNavigate();
  const goAt = useRef(-Infinity);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const going = event.timeStamp - goAt.current < SEQUENCE_MS;
      goAt.current = -Infinity;
      const room = going ? ROOM_LINKS.find(({ key }) => key === event.key) : undefined;
      if (room) void navigate({ to: room.to });
      else if (event.key === "g") goAt.current = event.timeStamp;
      else if (event.key === "?") showHelp();
      else if (event.key === "/") {
        const field = document.querySelector<HTMLInputElement>("input[data-search]");
        if (field === null) return void navigate({ to: "/customers" });
        field.focus();
      } else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [navigate, showHelp]);
}
