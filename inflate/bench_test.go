package inflate

import (
	"bytes"
	"compress/gzip"
	"hash/crc32"
	"io"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"

	"alblens/internal/simulate"
)

// BenchmarkInflate decodes simulated log by this package and by the two that it is held against. Only the ratios in one
// run tell anything: go test -bench Inflate -count 10 ./inflate
func BenchmarkInflate(b *testing.B) {
	objects, err := simulate.Generate(simulate.CorpusConfig(1, 20_000))
	if err != nil {
		b.Fatal(err)
	}
	var data []byte // all objects, one member after the other
	var size int64
	for o := range objects {
		data = append(data, o.Body...)
		size += o.Bytes
	}
	src := bytes.NewReader(nil)
	var own Reader
	buf := make([]byte, BlockSize)
	reads := func(r interface {
		io.Reader
		Reset(io.Reader) error
	}) func(func([]byte)) error {
		return func(visit func([]byte)) error {
			err := r.Reset(src)
			for err == nil {
				var n int
				n, err = r.Read(buf)
				visit(buf[:n])
			}
			return err
		}
	}
	decoders := []struct {
		name   string
		decode func(visit func([]byte)) error
	}{
		{"own", func(visit func([]byte)) error {
			own.Reset(src)
			for {
				block, err := own.Next()
				visit(block)
				if err != nil {
					return err
				}
			}
		}},
		{"klauspost", reads(new(kgzip.Reader))},
		{"std", reads(new(gzip.Reader))},
	}
	var want uint32
	for i, d := range decoders {
		src.Reset(data)
		h := crc32.NewIEEE()
		if err := d.decode(func(p []byte) { h.Write(p) }); err != io.EOF {
			b.Fatalf("%s: %v", d.name, err)
		}
		if i == 0 {
			want = h.Sum32()
		} else if h.Sum32() != want {
			b.Fatalf("%s: checksum %08x, of %s %08x", d.name, h.Sum32(), decoders[0].name, want)
		}
		b.Run("decoder="+d.name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			var n int64
			count := func(p []byte) { n += int64(len(p)) }
			for b.Loop() {
				src.Reset(data)
				n = 0
				if err := d.decode(count); err != io.EOF || n != size {
					b.Fatalf("%d bytes, %v; want %d", n, err, size)
				}
			}
		})
	}
}
