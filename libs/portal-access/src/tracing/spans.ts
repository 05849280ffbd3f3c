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
