// Reads codes from pictures: with what the browser brings, else with a library that is loaded only then.
export type Read = (video: HTMLVideoElement) => Promise<string | null>;

interface Detector { detect(source: CanvasImageSource): Promise<{ rawValue: string }[]> }
interface Detecting { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> }

const WANTED = ['qr_code', 'ean_13', 'ean_8', 'upc_a', 'upc_e', 'code_128', 'code_39', 'itf', 'data_matrix'];

export async function reader(): Promise<Read> {
  const Native = (globalThis as { BarcodeDetector?: Detecting }).BarcodeDetector;
  const known: string[] = (await Native?.getSupportedFormats().catch(() => [])) ?? [];
  if (Native && known.includes('qr_code') && known.includes('ean_13') && known.includes('code_128')) {
    const detector = new Native({ formats: WANTED.filter((one) => known.includes(one)) });
    return async (video) => (await detector.detect(video).catch(() => []))[0]?.rawValue || null;
  }
  const { Decoder } = await import('./decoder.ts');
  const decoder = new Decoder();
  return (video) => Promise.resolve(decoder.read(video));
}
