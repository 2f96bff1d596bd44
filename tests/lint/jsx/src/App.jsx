export default function App() {
  return <p>Don't panic, it's {PORT}</p>
}
const PORT = process.env.PORT || 4000
