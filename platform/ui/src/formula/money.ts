// Amounts in capital Chinese characters (engines/formula/money.py).

import { Decimal, type Maybe, roundHalf, ZERO } from './numbers.ts';

const DIGITS = Array.from('零壹贰叁肆伍陆柒捌玖');
const PLACES = ['仟', '佰', '拾', ''];
const LIMIT = new Decimal('1e16');

export function rmb(value: Maybe): string | null {
  const rounded = roundHalf(value, new Decimal(2));
  if (rounded === null || !rounded.abs().lt(LIMIT)) return null;
  const [yuan = '', cents = ''] = rounded.abs().toFixed(2).split('.');
  const [jiao, fen] = [Number(cents[0]), Number(cents[1])];
  let text = whole(yuan);
  if (jiao === 0 && fen === 0) {
    text = `${text || '零'}元整`;
  } else {
    text += text ? '元' : '';
    text += jiao ? `${DIGITS[jiao]}角` : text ? '零' : '';
    text += fen ? `${DIGITS[fen]}分` : '整';
  }
  return (rounded.lt(ZERO) ? '负' : '') + text;
}

/** Groups of four digits; a gap of zeros is read as one. */
function whole(yuan: string): string {
  const digits = yuan.padStart(16, '0');
  const names = [digits.slice(4, 8) === '0000' ? '万亿' : '万', '亿', '万', ''];
  let text = '';
  let gap = false;
  for (let place = 0; place < 16; place += 1) {
    const digit = Number(digits[place]);
    if (digit) {
      text += (gap ? '零' : '') + DIGITS[digit] + PLACES[place % 4];
      gap = false;
    } else if (text) gap = true;
    if (place % 4 === 3 && digits.slice(place - 3, place + 1) !== '0000') text += names[Math.floor(place / 4)];
  }
  return text;
}
