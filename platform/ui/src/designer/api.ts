// Requests of the designer: JSON both ways, with the page's token; what went wrong is told in one sentence.
import { t } from '../shell/words.ts';
import type { Problem } from './types.ts';

export class Failure extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly problems: Problem[] = [],
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

export async function send<T>(method: 'GET' | 'POST' | 'PUT', url: string, body?: unknown, keepalive = false): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      credentials: 'same-origin',
      keepalive,
      headers: {
        Accept: 'application/json',
        'X-CSRFToken': document.body.dataset['csrf'] ?? '',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Failure(t('no connection'), 0);
  }
  if (answer.redirected || !(answer.headers.get('Content-Type') ?? '').includes('json')) {
    throw new Failure(answer.status < 500 ? t('sign in again') : t('the server has a problem'), answer.status || 500);
  }
  const found = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) {
    const problems = (found['problems'] ?? []) as Problem[];
    const told = problems.map((one) => one.message).slice(0, 3).join('; ');
    throw new Failure(told || String(found['detail'] ?? found['title'] ?? ''), answer.status, problems, found);
  }
  return found as T;
}
