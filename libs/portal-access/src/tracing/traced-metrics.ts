import type { Metrics } from '@rcm/telemetry';
import { NO_TRACING } from './tracing.ts';
import type { Tracing } from './spans.ts';

/** What is measured on the way to a login, and is a span of whatever it was made for. */
const SPANS: Readonly<Record<string, string>> = { rcm_lease_wait_seconds: 'lease', rcm_login_seconds: 'login' };

/**
 * The same metrics; a lease that was waited for and a guarded login are spans, too, of the trace that is under way. So spans begin where times are measured already, and
 * whoever takes a lease or logs in knows nothing of them. Their labels are words of a fixed set.
 */
export function tracedMetrics(metrics: Metrics, tracing: Tracing): Metrics {
  if (tracing === NO_TRACING) return metrics;
  return {
    ...metrics,
    histogram(name) {
      const measured = metrics.histogram(name);
      const span = SPANS[name];
      if (span === undefined) return measured;
      const observe = (labels: Readonly<Record<string, string | number>>, seconds: number): void => {
        measured.observe(labels, seconds);
        const attributes = Object.fromEntries(Object.entries(labels).map(([label, word]) => [`rcm.${label}`, word]));
        tracing.endedWithin({ name: span, attributes, ms: seconds * 1000 });
      };
      return Object.assign(Object.create(measured) as typeof measured, { observe });
    },
  };
}
