import type { Benchmark } from '../benchmark.ts';
import { kills } from './kills/kills.ts';
import { quota } from './quota.ts';
import { size } from './size.ts';

export const suite: readonly Benchmark[] = [quota, size, kills];
