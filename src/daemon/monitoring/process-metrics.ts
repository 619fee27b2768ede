import { performance } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";

/**
 * Adds the metrics of the process, under the names that Prometheus' clients use. Everything is read at the scrape:
 * prom-client's own collection keeps a timer of 10 ms and an observer of garbage collections, which a daemon cannot end.
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  let countedCpuSeconds = 0;
  let countedActiveSeconds = 0;
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of the process, all threads.",
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
    help: "Time the event loop was busy; a rate near 1 means that it is the bottleneck.",
    registers,
    collect() {
      const seconds = performance.eventLoopUtilization().active / 1000;
      this.inc(seconds - countedActiveSeconds);
      countedActiveSeconds = seconds;
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the process.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "Start time of the process, in seconds since 1970.",
    registers,
  }).set(performance.timeOrigin / 1000);
}
