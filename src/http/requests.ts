/**
 * The record of requests: one line in the log and one observation in the metrics each.
 *
 * A request is known by its route's pattern, never by its address, which may hold an e-mail address. Collection
 * requests that went well are lines of level debug: a line for each event would outgrow the events.
 */
import type { FastifyInstance } from "fastify";
import type { Metrics } from "../telemetry/metrics.ts";

/** Watches every request of `app`. */
export function watchRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", (request, reply, done) => {
    const { url, config } = request.routeOptions;
    const route = url ?? "none";
    const status = reply.statusCode;
    const ms = reply.elapsedTime;
    metrics.request(request.method, route, status, ms / 1000);
    const level =
      status >= 500
        ? "error"
        : status >= 400
          ? "info"
          : config.collection || isProbe(route)
            ? "debug"
            : "info";
    request.log[level]({ method: request.method, route, status, ms: Math.round(ms * 10) / 10 }, "request");
    done();
  });
}

const isProbe = (route: string): boolean =>
  route === "/healthz" || route === "/readyz" || route === "/metrics" || route === "none";
