// Codes read in plain script (a port of ZXing): for browsers that bring nothing of their own, and without WebAssembly.
import BarcodeFormat from '@zxing/library/esm/core/BarcodeFormat';
import BinaryBitmap from '@zxing/library/esm/core/BinaryBitmap';
import DecodeHintType from '@zxing/library/esm/core/DecodeHintType';
import HybridBinarizer from '@zxing/library/esm/core/common/HybridBinarizer';
import DataMatrixReader from '@zxing/library/esm/core/datamatrix/DataMatrixReader';
import MultiFormatOneDReader from '@zxing/library/esm/core/oned/MultiFormatOneDReader';
import QRCodeReader from '@zxing/library/esm/core/qrcode/QRCodeReader';
import RGBLuminanceSource from '@zxing/library/esm/core/RGBLuminanceSource';

const SIDE = 960; // larger pictures cost more and tell no more

const LINES = [
  BarcodeFormat.EAN_13, BarcodeFormat.EAN_8, BarcodeFormat.UPC_A, BarcodeFormat.UPC_E,
  BarcodeFormat.CODE_128, BarcodeFormat.CODE_39, BarcodeFormat.ITF,
];

export class Decoder {
  private canvas = document.createElement('canvas');
  private hints = new Map<DecodeHintType, unknown>([[DecodeHintType.TRY_HARDER, true], [DecodeHintType.POSSIBLE_FORMATS, LINES]]);
  private readers = [new QRCodeReader(), new MultiFormatOneDReader(this.hints), new DataMatrixReader()];

  /** The code on the picture that stands now; null where there is none. */
  read(video: HTMLVideoElement): string | null {
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    if (!width || !height) return null;
    this.canvas.width = width;
    this.canvas.height = height;
    const pen = this.canvas.getContext('2d', { willReadFrequently: true })!;
    pen.drawImage(video, 0, 0, width, height);
    return this.decode(pen.getImageData(0, 0, width, height).data, width, height);
  }

  /** The code in a picture of red, green, blue and alpha. */
  decode(pixels: Uint8ClampedArray, width: number, height: number): string | null {
    const grey = new Uint8ClampedArray(width * height);
    for (let at = 0; at < grey.length; at++) {
      grey[at] = (pixels[4 * at]! * 306 + pixels[4 * at + 1]! * 601 + pixels[4 * at + 2]! * 117) >> 10;
    }
    const bitmap = new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(grey, width, height)));
    for (const reader of this.readers) {
      try {
        return reader.decode(bitmap, this.hints).getText() || null;
      } catch {
        reader.reset(); // nothing of this kind is on the picture
      }
    }
    return null;
  }
}
