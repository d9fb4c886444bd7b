package compare

import "math"

// exact returns the probability, if both sides fail at one rate, of counts at least as far apart as a of n and b of m:
// Fisher's test, twice the smaller tail. It holds for rare and for frequent failures and for any counts, and where counts
// are few it errs towards 1.
func exact(a, n, b, m uint64) float64 {
	k, all := float64(a+b), float64(n+m)
	if k == 0 || k == all || n == 0 || m == 0 {
		return 1
	}
	// Given k failures among all, b of them fall to the second side with a hypergeometric probability. The tail that
	// leads away from the mean is summed; its terms fall, so it ends after a few standard deviations.
	x, fn, fm := float64(b), float64(n), float64(m)
	term := math.Exp(logChoose(fm, x) + logChoose(fn, k-x) - logChoose(all, k))
	sum, up := 0.0, x*all >= k*fm
	for term > 1e-17*sum {
		sum += term
		if up {
			term *= (fm - x) * (k - x) / ((x + 1) * (fn - k + x + 1))
			x++
		} else {
			term *= x * (fn - k + x) / ((fm - x + 1) * (k - x + 1))
			x--
		}
	}
	return min(1, 2*sum)
}

func logChoose(n, k float64) float64 { return logFactorial(n) - logFactorial(k) - logFactorial(n-k) }

func logFactorial(x float64) float64 {
	v, _ := math.Lgamma(x + 1)
	return v
}
