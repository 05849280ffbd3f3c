import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { isRcmError } from '@rcm/telemetry';
import type { EndedSpan, Tracing } from './spans.ts';

/** What is not sent while the collector is away is dropped: work waits for no span. */
const QUEUE = { maxQueueSize: 2_048, maxExportBatchSize: 512, scheduledDelayMillis: 2_000, exportTimeoutMillis: 5_000 };

/** Spans to a collector, by OpenTelemetry's own SDK. It is loaded where this file is, and registers nothing for the whole process. */
export function createTracing(url: string, service: string): Tracing {
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: QUEUE.exportTimeoutMillis });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...QUEUE })],
  });
  const tracer = provider.getTracer('rcm');
  const underWay = new AsyncLocalStorage<Context>();
  const run = async <T>(span: Span, parent: Context, act: () => Promise<T>): Promise<T> => {
    try {
      return await underWay.run(trace.setSpan(parent, span), act);
    } catch (error) {
      // The code alone: a message may say more.
      span.setAttribute('rcm.code', isRcmError(error) ? error.code : 'unexpected').setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
  const note = ({ name, attributes, ms }: EndedSpan, { kind, parent }: { readonly kind: SpanKind; readonly parent: Context }): void => {
    const now = Date.now();
    tracer.startSpan(name, { kind, attributes: attributes, startTime: now - ms }, parent).end(now);
  };
  return {
    async ofTask(taskId, name, act) {
      const parent = traceOf(taskId);
      return run(tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes: { 'rcm.task': taskId } }, parent), parent, act);
    },
    async within({ name, attributes }, act) {
      const parent = underWay.getStore();
      return parent ? run(tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: attributes }, parent), parent, act) : act();
    },
    async alone(name, act, attributesOf) {
      const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL }, ROOT_CONTEXT);
      return run(span, ROOT_CONTEXT, async () => {
        const ended = await act();
        span.setAttributes(attributesOf(ended));
        return ended;
      });
    },
    ended: (taskId, { attributes, ...span }) =>
      note({ ...span, attributes: { ...attributes, 'rcm.task': taskId } }, { kind: SpanKind.SERVER, parent: traceOf(taskId) }),
    endedWithin(span) {
      const parent = underWay.getStore();
      if (parent) note(span, { kind: SpanKind.CLIENT, parent });
    },
    close: () => provider.shutdown().catch(() => undefined),
  };
}

/** Everything of a task has a parent that is never sent, so that whoever writes the first span need not be known. */
function traceOf(taskId: string): Context {
  const traceId = taskId.replaceAll('-', '').toLowerCase();
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: traceId.slice(0, 16), traceFlags: TraceFlags.SAMPLED, isRemote: true });
}
