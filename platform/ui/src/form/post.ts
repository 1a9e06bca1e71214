// Asking the server while somebody fills in a form.

/** The inputs as they are now, and the stored record that they belong to. */
export function filling(form: HTMLFormElement, record: string | number | null | undefined): FormData {
  const body = new FormData(form);
  body.delete('csrf_token');
  if (record) body.set('_record', String(record));
  return body;
}

/** Sends something to an address; the task for which the page is opened (`?task=`) goes along. */
export function post(url: string, body: BodyInit, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  const csrf = document.body.dataset.csrf ?? '';
  return fetch(`${url}${location.search}`, { method: 'POST', body, headers: { Accept: 'application/json', 'X-CSRFToken': csrf, ...headers }, ...(signal ? { signal } : {}) });
}
