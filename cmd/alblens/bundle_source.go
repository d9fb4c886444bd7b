package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"sync"

	"alblens/sources"
)

// A digest is of the bytes of an object that were read.
type digest struct {
	sum   string // SHA-256, hexadecimal
	bytes int64
}

// hashing is a source that hashes the bytes of each object as they are read, and has standard input to be read twice.
type hashing struct {
	sources.Source
	mu    sync.Mutex
	read  map[string]digest // by name
	stdin *spool            // nil until it is read
}

func newHashing(src sources.Source) *hashing { return &hashing{Source: src, read: map[string]digest{}} }

// next returns what was read since the last call.
func (h *hashing) next() map[string]digest {
	h.mu.Lock()
	defer h.mu.Unlock()
	read := h.read
	h.read = map[string]digest{}
	return read
}

func (h *hashing) close() {
	if h.stdin != nil {
		h.stdin.close()
	}
}

func (h *hashing) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	body, err := h.open(ctx, ref)
	if err != nil {
		return nil, err
	}
	return &hashed{ReadCloser: body, source: h, name: ref.Name, sum: sha256.New()}, nil
}

func (h *hashing) open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	if ref.Name != sources.Stdin {
		return h.Source.Open(ctx, ref)
	}
	if h.stdin != nil {
		again, err := h.stdin.again()
		return io.NopCloser(again), err
	}
	body, err := h.Source.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	if h.stdin, err = newSpool(); err != nil {
		body.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{h.stdin.filling(body), body}, nil
}

// hashed is an object being read. Its digest is known when it is closed, which an interrupt may do during a read.
type hashed struct {
	io.ReadCloser
	source *hashing
	name   string

	mu    sync.Mutex
	sum   hash.Hash
	bytes int64
}

func (r *hashed) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Write(p[:n])
	r.bytes += int64(n)
	return n, err
}

func (r *hashed) Close() error {
	err := r.ReadCloser.Close()
	r.mu.Lock()
	d := digest{hex.EncodeToString(r.sum.Sum(nil)), r.bytes}
	r.mu.Unlock()
	r.source.mu.Lock()
	r.source.read[r.name] = d
	r.source.mu.Unlock()
	return err
}
