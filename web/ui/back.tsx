/** The way back to where a screen was come from: a link as the router's own, with the arrow before its words. */
import { createLink } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import type { ComponentProps } from "react";

function Anchor({ children, ...rest }: ComponentProps<"a">) {
  return (
    <a {...rest} className="back">
      <ChevronLeft size={16} aria-hidden="true" />
      {children}
    </a>
  );
}

export const BackLink = createLink(Anchor);
