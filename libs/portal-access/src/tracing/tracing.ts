/** Fixed words, ids and numbers: nothing of a task, a page or a secret. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** What has just ended, and took `ms`. */
export interface EndedSpan {
  readonly name: string;
  readonly attributes: SpanAttributes;
  readonly ms: number;
}

/**
 * Where time goes, from the request that asks for a task to the calls to the store that it costs, as spans of one trace: its id is the task's own, without dashes, so that
 * it needs no place in any row, whoever has the task in hand. What is of no task has a trace of its own. Spans hold no values.
 */
export interface Tracing {
  /** Does it as a span of the task's trace. Whatever `within` is called meanwhile, however deep, belongs to it. */
  ofTask<T>(taskId: string, name: string, act: () => Promise<T>): Promise<T>;
  /** Does it as a span of the trace that is under way; outside of any, nothing is noted. */
  within<T>(span: { readonly name: string; readonly attributes: SpanAttributes }, act: () => Promise<T>): Promise<T>;
  /** Does it as the first span of a trace that begins with it, and has what `attributesOf` says of its end. */
  alone<T>(name: string, act: () => Promise<T>, attributesOf: (ended: T) => SpanAttributes): Promise<T>;
  /** Notes it in the task's trace. */
  ended(taskId: string, span: EndedSpan): void;
  /** Notes it in the trace that is under way; outside of any, nothing is noted. */
  endedWithin(span: EndedSpan): void;
  /** Sends what is still held, for some seconds at most. */
  close(): Promise<void>;
}

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
