/** Fixed words, ids and numbers: nothing of a task, a page or a secret. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/**
 * Where time goes, from the request that asks for a task to the calls to the store that it costs, as spans of one trace: its id is the task's own, without dashes, so that
 * it needs no place in any row, whoever has the task in hand. Spans hold no values.
 */
export interface Tracing {
  /** Does it as a span of the task's trace. Whatever `within` is called meanwhile, however deep, belongs to it. */
  ofTask<T>(taskId: string, name: string, act: () => Promise<T>): Promise<T>;
  /** Does it as a span of the trace that is under way; outside of any, nothing is noted. */
  within<T>(span: { readonly name: string; readonly attributes: SpanAttributes }, act: () => Promise<T>): Promise<T>;
  /** Notes what has just ended, and took `ms`. */
  ended(taskId: string, span: { readonly name: string; readonly attributes: SpanAttributes; readonly ms: number }): void;
  /** Sends what is still held, for some seconds at most. */
  close(): Promise<void>;
}

/** As long as nobody has switched it on. */
export const NO_TRACING: Tracing = {
  ofTask: (_taskId, _name, act) => act(),
  within: (_span, act) => act(),
  ended: () => undefined,
  close: () => Promise.resolve(),
};

/** `url`: a collector of OTLP by HTTP. Without it nothing of OpenTelemetry is loaded. */
export async function openTracing(url: string | undefined): Promise<Tracing> {
  if (url === undefined) return NO_TRACING;
  const { createTracing } = await import('./open-telemetry.ts');
  return createTracing(url);
}
