/** The root of all addresses: the session's gate. Apart from the router, so that a room may keep its own addresses. */
import { createRootRoute } from "@tanstack/react-router";
import { Gate } from "./session/gate.tsx";
import { NotFound } from "./ui/notice.tsx";

export const root = createRootRoute({ component: Gate, notFoundComponent: NotFound });
