/** @type {import('next').NextConfig} */
module.exports = {
  async rewrites() {
    return [{ source: '/api/:path*', destination: 'http://localhost:3101/:path*' },
            { source: '/blog', destination: 'http://127.0.0.1:4000/blog' },
            { source: '/x', destination: 'https://example.com:8443/x' }]
  },
}
