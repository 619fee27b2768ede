import { performance } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";

/**
 * What a process tells of itself, under the names that Prometheus' clients have for it. Everything is looked at when somebody asks:
 * prom-client's own collection keeps a timer of 10 ms and an observer of garbage collections, which no daemon could end.
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  let countedCpuSeconds = 0;
  let countedActiveSeconds = 0;
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of the process, of all its threads.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1e6;
      this.inc(seconds - countedCpuSeconds);
      countedCpuSeconds = seconds;
    },
  });
  new Counter({
    name: "nodejs_eventloop_active_seconds_total",
    help: "Time that the event loop has worked; where a second of it passes in each second, it is the bottleneck.",
    registers,
    collect() {
      const seconds = performance.eventLoopUtilization().active / 1000;
      this.inc(seconds - countedActiveSeconds);
      countedActiveSeconds = seconds;
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory that the process has resident.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process was started, in seconds since 1970.",
    registers,
  }).set(performance.timeOrigin / 1000);
}
