// Sending one file to the server; gives what a field of files holds of it.
import { t } from '../../shell/words.ts';

export interface Stored { id: string; name: string; size: number; mime: string; source?: string }

export function send(file: Blob, name: string, progress: (share: number) => void = () => {}, kind = 'image'): Promise<Stored> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/files');
    request.setRequestHeader('X-CSRFToken', document.body.dataset.csrf ?? '');
    request.setRequestHeader('Accept', 'application/json');
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener('loadend', () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Stored);
      else reject(new Error(trouble(request)));
    });
    const data = new FormData();
    data.append('kind', kind);
    data.append('file', file, name);
    request.send(data);
  });
}

function trouble(request: XMLHttpRequest): string {
  try {
    const answer = JSON.parse(request.responseText) as { errors?: { message: string }[]; detail?: string };
    return answer.errors?.[0]?.message ?? answer.detail ?? t('The file could not be stored');
  } catch {
    return t('The file could not be stored');
  }
}
