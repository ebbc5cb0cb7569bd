;; The two passes of the bilinear resize (resize.ts) with 128-bit SIMD, the same integers bit for bit.
;;
;; A fixed-point weight w of 22 bits is kept as two 16-bit parts, w = high · 2^15 + low, and taps go in pairs, so that
;; i32x4.dot_i16x8_s multiplies and adds two taps of four values at once:
;;   sum = HALF + dot(bytes, low) + (dot(bytes, high) << 15), modulo 2^32; the true sum is below 2^31.
;; Weights lie as [low of tap 0, low of tap 1, high of tap 0, high of tap 1], 16 bits each: 8 bytes a pair, `pairs` of
;; them for each output position. Starts are i32: the first input position of each output position.
;; Loads and stores run up to 16 bytes past the ends; the caller leaves room. What is read there has weight 0.
(module
  (memory (export "memory") 1)

  ;; [rows, from, 3] → [rows, to, 3]; `stride` = from · 3. Two rows at a time share the reading of weights; an odd last
  ;; row is its own second row.
  (func (export "rows") (param $source i32) (param $target i32) (param $rows i32) (param $stride i32)
    (param $to i32) (param $pairs i32) (param $starts i32) (param $weights i32)
    (local $at i32) (local $pair i32) (local $read i32) (local $read_below i32) (local $weight i32)
    (local $below i32) (local $target_below i32) (local $pixels v128) (local $pixels_below v128)
    (local $weight_low v128) (local $weight_high v128)
    (local $low v128) (local $high v128) (local $low_below v128) (local $high_below v128)
    (block $done
      (loop $row
        (br_if $done (i32.le_s (local.get $rows) (i32.const 0)))
        (local.set $below (i32.const 0))
        (local.set $target_below (local.get $target))
        (if (i32.gt_s (local.get $rows) (i32.const 1))
          (then
            (local.set $below (local.get $stride))
            (local.set $target_below
              (i32.add (local.get $target) (i32.mul (local.get $to) (i32.const 3))))))
        (local.set $at (i32.const 0))
        (local.set $weight (local.get $weights))
        (loop $column
          (local.set $read
            (i32.add
              (local.get $source)
              (i32.mul
                (i32.load (i32.add (local.get $starts) (i32.shl (local.get $at) (i32.const 2))))
                (i32.const 3))))
          (local.set $read_below (i32.add (local.get $read) (local.get $below)))
          (local.set $low (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
          (local.set $low_below (local.get $low))
          (local.set $high (v128.const i32x4 0 0 0 0))
          (local.set $high_below (local.get $high))
          (local.set $pair (local.get $pairs))
          (loop $tap
            (local.set $weight_low (v128.load32_splat (local.get $weight)))
            (local.set $weight_high (v128.load32_splat offset=4 (local.get $weight)))
            ;; two pixels: r r' g g' b b' 0 0, 16 bits each
            (local.set $pixels
              (i8x16.swizzle
                (v128.load64_zero (local.get $read))
                (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
            (local.set $pixels_below
              (i8x16.swizzle
                (v128.load64_zero (local.get $read_below))
                (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
            (local.set $low
              (i32x4.add (local.get $low) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weight_low))))
            (local.set $high
              (i32x4.add (local.get $high) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weight_high))))
            (local.set $low_below
              (i32x4.add
                (local.get $low_below)
                (i32x4.dot_i16x8_s (local.get $pixels_below) (local.get $weight_low))))
            (local.set $high_below
              (i32x4.add
                (local.get $high_below)
                (i32x4.dot_i16x8_s (local.get $pixels_below) (local.get $weight_high))))
            (local.set $read (i32.add (local.get $read) (i32.const 6)))
            (local.set $read_below (i32.add (local.get $read_below) (i32.const 6)))
            (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
            (br_if $tap (local.tee $pair (i32.sub (local.get $pair) (i32.const 1)))))
          ;; bytes 0 to 3 are the upper row's pixel and a zero, bytes 4 to 7 the lower one's
          (local.set $low
            (i16x8.narrow_i32x4_s
              (i32x4.shr_u
                (i32x4.add (local.get $low) (i32x4.shl (local.get $high) (i32.const 15)))
                (i32.const 22))
              (i32x4.shr_u
                (i32x4.add (local.get $low_below) (i32x4.shl (local.get $high_below) (i32.const 15)))
                (i32.const 22))))
          (local.set $low (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
          (v128.store16_lane 0 (local.get $target) (local.get $low))
          (v128.store8_lane offset=2 2 (local.get $target) (local.get $low))
          (v128.store16_lane 2 (local.get $target_below) (local.get $low))
          (v128.store8_lane offset=2 6 (local.get $target_below) (local.get $low))
          (local.set $target (i32.add (local.get $target) (i32.const 3)))
          (local.set $target_below (i32.add (local.get $target_below) (i32.const 3)))
          (br_if $column
            (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $to))))
        (local.set $source (i32.add (local.get $source) (i32.shl (local.get $stride) (i32.const 1))))
        (local.set $target (local.get $target_below))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 2)))
        (br $row))))

  ;; [from, width, 3] → [to, width, 3]; `stride` = width · 3.
  (func (export "columns") (param $source i32) (param $target i32) (param $to i32) (param $stride i32)
    (param $pairs i32) (param $starts i32) (param $weights i32)
    (local $first i32) (local $x i32) (local $pair i32) (local $read i32) (local $weight i32)
    (local $a v128) (local $b v128) (local $bytes v128) (local $weight_low v128) (local $weight_high v128)
    (local $low0 v128) (local $low1 v128) (local $low2 v128) (local $low3 v128)
    (local $high0 v128) (local $high1 v128) (local $high2 v128) (local $high3 v128)
    (block $done
      (loop $row
        (br_if $done (i32.eqz (local.get $to)))
        (local.set $first
          (i32.add (local.get $source) (i32.mul (i32.load (local.get $starts)) (local.get $stride))))
        (local.set $x (i32.const 0))
        (loop $block
          (local.set $low0 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
          (local.set $low1 (local.get $low0))
          (local.set $low2 (local.get $low0))
          (local.set $low3 (local.get $low0))
          (local.set $high0 (v128.const i32x4 0 0 0 0))
          (local.set $high1 (local.get $high0))
          (local.set $high2 (local.get $high0))
          (local.set $high3 (local.get $high0))
          (local.set $read (i32.add (local.get $first) (local.get $x)))
          (local.set $weight (local.get $weights))
          (local.set $pair (local.get $pairs))
          (loop $tap
            (local.set $weight_low (v128.load32_splat (local.get $weight)))
            (local.set $weight_high (v128.load32_splat offset=4 (local.get $weight)))
            (local.set $a (v128.load (local.get $read)))
            (local.set $b (v128.load (i32.add (local.get $read) (local.get $stride))))
            ;; the two rows' bytes side by side
            (local.set $bytes
              (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $b)))
            (local.set $b
              (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $b)))
            (local.set $a (i16x8.extend_low_i8x16_u (local.get $bytes)))
            (local.set $low0
              (i32x4.add (local.get $low0) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight_low))))
            (local.set $high0
              (i32x4.add (local.get $high0) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight_high))))
            (local.set $a (i16x8.extend_high_i8x16_u (local.get $bytes)))
            (local.set $low1
              (i32x4.add (local.get $low1) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight_low))))
            (local.set $high1
              (i32x4.add (local.get $high1) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight_high))))
            (local.set $a (i16x8.extend_low_i8x16_u (local.get $b)))
            (local.set $low2
              (i32x4.add (local.get $low2) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight_low))))
            (local.set $high2
              (i32x4.add (local.get $high2) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight_high))))
            (local.set $a (i16x8.extend_high_i8x16_u (local.get $b)))
            (local.set $low3
              (i32x4.add (local.get $low3) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight_low))))
            (local.set $high3
              (i32x4.add (local.get $high3) (i32x4.dot_i16x8_s (local.get $a) (local.get $weight_high))))
            (local.set $read (i32.add (local.get $read) (i32.shl (local.get $stride) (i32.const 1))))
            (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
            (br_if $tap (local.tee $pair (i32.sub (local.get $pair) (i32.const 1)))))
          ;; the last block of a row ends in the next row, which is written after it
          (v128.store
            (i32.add (local.get $target) (local.get $x))
            (i8x16.narrow_i16x8_u
              (i16x8.narrow_i32x4_s
                (i32x4.shr_u
                  (i32x4.add (local.get $low0) (i32x4.shl (local.get $high0) (i32.const 15)))
                  (i32.const 22))
                (i32x4.shr_u
                  (i32x4.add (local.get $low1) (i32x4.shl (local.get $high1) (i32.const 15)))
                  (i32.const 22)))
              (i16x8.narrow_i32x4_s
                (i32x4.shr_u
                  (i32x4.add (local.get $low2) (i32x4.shl (local.get $high2) (i32.const 15)))
                  (i32.const 22))
                (i32x4.shr_u
                  (i32x4.add (local.get $low3) (i32x4.shl (local.get $high3) (i32.const 15)))
                  (i32.const 22)))))
          (br_if $block
            (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $stride))))
        (local.set $target (i32.add (local.get $target) (local.get $stride)))
        (local.set $starts (i32.add (local.get $starts) (i32.const 4)))
        (local.set $weights (i32.add (local.get $weights) (i32.shl (local.get $pairs) (i32.const 3))))
        (local.set $to (i32.sub (local.get $to) (i32.const 1)))
        (br $row)))))
