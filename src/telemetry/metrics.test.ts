/** What Prometheus reads is all that was counted, however often it reads. */
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("a count is told once and stays told", async () => {
  const metrics = createMetrics();
  const told = async () =>
    (await metrics.text()).split("\n").filter((line) => line.startsWith("throughline_step_outcomes_total{"));
  expect(await told()).toEqual([]);
  metrics.meter.count("parse", "passed", 3);
  metrics.meter.count("parse", "malformed");
  const first = [
    'throughline_step_outcomes_total{step="parse",outcome="passed"} 3',
    'throughline_step_outcomes_total{step="parse",outcome="malformed"} 1',
  ];
  expect(await told()).toEqual(first);
  expect(await told()).toEqual(first);
  metrics.meter.count("parse", "passed", 2);
  expect(await told()).toEqual([first[0]!.replace("3", "5"), first[1]]);
});

test("requests and steps are timed under their own labels", async () => {
  const metrics = createMetrics();
  metrics.request("GET", "/v1/stats", 200, 0.004);
  metrics.request("GET", "/v1/stats", 200, 0.03);
  metrics.request("GET", "/v1/stats", 404, 20);
  metrics.meter.time("parse", 0.00002);
  const lines = (await metrics.text()).split("\n");
  const seconds = "throughline_http_request_duration_seconds";
  for (const line of [
    `# TYPE ${seconds} histogram`,
    `${seconds}_bucket{le="0.005",method="GET",route="/v1/stats",status="200"} 1`,
    `${seconds}_bucket{le="+Inf",method="GET",route="/v1/stats",status="200"} 2`,
    `${seconds}_sum{method="GET",route="/v1/stats",status="200"} 0.034`,
    `${seconds}_bucket{le="10",method="GET",route="/v1/stats",status="404"} 0`,
    `${seconds}_count{method="GET",route="/v1/stats",status="404"} 1`,
    'throughline_step_duration_seconds_bucket{le="0.00005",step="parse"} 1',
  ])
    expect(lines).toContain(line);
});
