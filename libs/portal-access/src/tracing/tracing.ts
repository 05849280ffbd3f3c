import type { Tracing } from './spans.ts';

/** As long as nobody has switched it on. */
export const NO_TRACING: Tracing = {
  ofTask: (_taskId, _name, act) => act(),
  within: (_span, act) => act(),
  alone: (_name, act) => act(),
  ended: () => undefined,
  endedWithin: () => undefined,
  close: () => Promise.resolve(),
};

/** `url`: a collector of OTLP by HTTP; without it nothing of OpenTelemetry is loaded. `service`: the app, as the collector knows it. */
export async function openTracing(url: string | undefined, service: 'rcm-web-agent' | 'rcm-rotator'): Promise<Tracing> {
  if (url === undefined) return NO_TRACING;
  const { createTracing } = await import('./open-telemetry.ts');
  return createTracing(url, service);
}
